import { useState, type FormEvent } from 'react'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { ChoiceField, TextField } from '../../ui/field.tsx'
import { Stack } from '../../ui/stack.tsx'

interface CreateRoomProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onCreated: (roomId: string) => void
}

export function CreateRoom(props: CreateRoomProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Create a room"
      description="A room is a place for a team, a project or a subject."
    >
      <CreateRoomForm {...props} />
    </Dialog>
  )
}

function CreateRoomForm({ onOpenChange, onCreated }: CreateRoomProps) {
  const { client, attempt } = useServices()
  const [name, setName] = useState('')
  const [topic, setTopic] = useState('')
  const [whoMayJoin, setWhoMayJoin] = useState<'private' | 'public'>('private')
  const [busy, setBusy] = useState(false)

  async function create(): Promise<void> {
    setBusy(true)
    await attempt(async () => {
      const roomId = await client.createRoom({
        name: name.trim(),
        topic: topic.trim(),
        whoMayJoin,
        invite: [],
      })
      onOpenChange(false)
      onCreated(roomId)
    }, 'The room could not be created')
    setBusy(false)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (name.trim() !== '') void create()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack>
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
          options={[
            { value: 'private', label: 'Invited people only', hint: 'Others neither see nor enter it.' },
            { value: 'public', label: 'Everyone who knows the room', hint: 'No invitation is needed.' },
          ]}
        />
      </Stack>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={name.trim() === ''}>
          Create room
        </Button>
      </DialogActions>
    </form>
  )
}
