import { useState, type FormEvent } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Stack } from '../../ui/stack.tsx'
import { Details } from '../../ui/details.tsx'

interface RoomSettingsProps {
  room: RoomDetail
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function RoomSettings(props: RoomSettingsProps) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange} title="Room settings">
      <RoomSettingsForm {...props} />
    </Dialog>
  )
}

function RoomSettingsForm({ room, onOpenChange }: RoomSettingsProps) {
  const { client, attempt } = useServices()
  const [name, setName] = useState(room.name)
  const [topic, setTopic] = useState(room.topic)
  const [busy, setBusy] = useState(false)
  const mayChange = room.can.setName || room.can.setTopic

  async function save(): Promise<void> {
    setBusy(true)
    const saved = await attempt(async () => {
      if (name.trim() !== room.name) await client.setRoomName(room.id, name.trim())
      if (topic.trim() !== room.topic) await client.setRoomTopic(room.id, topic.trim())
    }, 'The change could not be saved')
    setBusy(false)
    if (saved) onOpenChange(false)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    void save()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <TextField
          label="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={120}
          readOnly={!room.can.setName}
        />
        <TextField
          label="Topic"
          value={topic}
          onChange={(event) => setTopic(event.target.value)}
          maxLength={500}
          readOnly={!room.can.setTopic}
          hint={mayChange ? undefined : 'Only people with a higher role may change the name and the topic.'}
        />
        <Details
          summary="For experts"
          rows={[
            { term: 'Room id', value: room.id },
            { term: 'Who may join', value: room.joinRule === 'public' ? 'Everyone' : 'Invited people' },
          ]}
        />
      </Stack>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>{mayChange ? 'Cancel' : 'Close'}</Button>
        {mayChange && (
          <Button type="submit" variant="primary" busy={busy}>
            Save
          </Button>
        )}
      </DialogActions>
    </form>
  )
}
