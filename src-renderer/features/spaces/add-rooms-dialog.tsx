import { useState } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { searchRooms } from '../../model/rooms.ts'
import { plural } from '../../model/text.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { CheckRow } from '../../ui/check-row.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import css from './space-page.module.css'

interface AddRoomsDialogProps {
  space: RoomDetail
  open: boolean
  onOpenChange: (open: boolean) => void
}

/** Puts rooms that one is in into a space. */
export function AddRoomsDialog(props: AddRoomsDialogProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Add rooms to ${props.space.name}`}
      description="People of the space see them listed. Who may join a room is still decided by the room."
    >
      <AddRoomsForm {...props} />
    </Dialog>
  )
}

function AddRoomsForm({ space, onOpenChange }: AddRoomsDialogProps) {
  const { client, attempt } = useServices()
  const rooms = useReadable(client.rooms).filter(
    (room) =>
      room.membership === 'join' &&
      room.directWith === undefined &&
      room.id !== space.id &&
      !space.children.includes(room.id),
  )
  const [words, setWords] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [busy, setBusy] = useState(false)

  function toggle(roomId: string): void {
    const next = new Set(chosen)
    if (!next.delete(roomId)) next.add(roomId)
    setChosen(next)
  }

  async function add(): Promise<void> {
    setBusy(true)
    const added = await attempt(async () => {
      for (const roomId of chosen) await client.addToSpace(space.id, roomId, client.serversOf(roomId))
    }, 'Not all rooms could be added')
    setBusy(false)
    if (added) onOpenChange(false)
  }

  return (
    <>
      {rooms.length > 6 && (
        <TextField
          label="Search"
          value={words}
          maxLength={100}
          onChange={(event) => setWords(event.target.value)}
        />
      )}
      <fieldset className={css.choices} aria-label="Your rooms">
        {searchRooms(rooms, words).map((room) => (
          <CheckRow
            key={room.id}
            title={room.name}
            detail={room.isSpace ? 'Space' : plural(room.memberCount, 'member')}
            avatar={<Avatar id={room.id} name={room.name} mxc={room.avatarMxc} size={32} shape="square" />}
            checked={chosen.has(room.id)}
            onToggle={() => toggle(room.id)}
          />
        ))}
      </fieldset>
      {rooms.length === 0 && <p className={css.none}>All your rooms are in it already.</p>}
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button variant="primary" busy={busy} disabled={chosen.size === 0} onClick={() => void add()}>
          {chosen.size > 1 ? `Add ${chosen.size} rooms` : 'Add'}
        </Button>
      </DialogActions>
    </>
  )
}
