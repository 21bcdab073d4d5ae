import { useState, type FormEvent } from 'react'
import type { RoomSummary } from '../../client/types.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { ChoiceField, TextField } from '../../ui/field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Stack } from '../../ui/stack.tsx'

interface CreateRoomProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** The space that the room is made in. */
  spaceId?: string | undefined
  onCreated: (roomId: string) => void
}

type Kind = 'room' | 'space'
type WhoMayJoin = 'private' | 'public' | 'knock' | 'space'

export function CreateRoom(props: CreateRoomProps) {
  const { client } = useServices()
  const space = useReadable(client.rooms).find((room) => room.id === props.spaceId)
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={space === undefined ? 'Create a room' : `Create a room in ${space.name}`}
      description="A room is a place for a team, a project or a subject."
    >
      <CreateRoomForm {...props} space={space} />
    </Dialog>
  )
}

function CreateRoomForm({
  onOpenChange,
  onCreated,
  space,
}: CreateRoomProps & { space: RoomSummary | undefined }) {
  const { client, attempt } = useServices()
  const [kind, setKind] = useState<Kind>('room')
  const [name, setName] = useState('')
  const [topic, setTopic] = useState('')
  const [whoMayJoin, setWhoMayJoin] = useState<WhoMayJoin>(space === undefined ? 'private' : 'space')
  const [busy, setBusy] = useState(false)
  const isSpace = kind === 'space'

  async function make(): Promise<string> {
    const words = { name: name.trim(), topic: topic.trim() }
    if (isSpace)
      return await client.createSpace({
        ...words,
        whoMayJoin: whoMayJoin === 'space' ? 'private' : whoMayJoin,
      })
    const roomId = await client.createRoom({ ...words, whoMayJoin, spaceId: space?.id, invite: [] })
    if (space !== undefined) await client.addToSpace(space.id, roomId, [])
    return roomId
  }

  async function create(): Promise<void> {
    setBusy(true)
    await attempt(
      async () => {
        const roomId = await make()
        onOpenChange(false)
        onCreated(roomId)
      },
      isSpace ? 'The space could not be created' : 'The room could not be created',
    )
    setBusy(false)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (name.trim() !== '') void create()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack>
        {space === undefined && (
          <Segmented
            label="What to create"
            value={kind}
            options={[
              { value: 'room', label: 'Room' },
              { value: 'space', label: 'Space, to group rooms' },
            ]}
            onChange={setKind}
          />
        )}
        <TextField
          label="Name"
          value={name}
          onChange={(e) => setName(e.target.value)}
          maxLength={120}
          required
        />
        <TextField
          label="Topic"
          hint="What is it about? You may leave this empty."
          value={topic}
          onChange={(e) => setTopic(e.target.value)}
          maxLength={500}
        />
        <ChoiceField
          label="Who may join"
          value={whoMayJoin}
          onChange={setWhoMayJoin}
          options={joinChoices(isSpace, space)}
        />
      </Stack>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={name.trim() === ''}>
          {isSpace ? 'Create space' : 'Create room'}
        </Button>
      </DialogActions>
    </form>
  )
}

function joinChoices(isSpace: boolean, space: RoomSummary | undefined) {
  const what = isSpace ? 'space' : 'room'
  return [
    ...(space === undefined
      ? []
      : [{ value: 'space' as const, label: `Members of ${space.name}`, hint: 'And those who are invited.' }]),
    { value: 'private' as const, label: 'Invited people only', hint: 'Others neither see nor enter it.' },
    { value: 'knock' as const, label: 'People who ask', hint: `Somebody in the ${what} lets them in.` },
    { value: 'public' as const, label: `Everyone who knows the ${what}`, hint: 'No invitation is needed.' },
  ]
}
