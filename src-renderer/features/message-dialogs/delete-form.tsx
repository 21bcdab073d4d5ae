import { useState, type FormEvent } from 'react'
import type { RoomEvent } from '../../client/types.ts'
import { useVerbs } from '../../model/conversation.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { MessageExcerpt } from './message-excerpt.tsx'

/** Somebody else's message is deleted with a reason, which the room can read. */
export function DeleteForm({ event, onClose }: { event: RoomEvent; onClose: () => void }) {
  const { client, attempt } = useServices()
  const { roomId } = useVerbs()
  const [reason, setReason] = useState('')
  const own = event.sender.userId === client.userId

  function remove(submitted: FormEvent): void {
    submitted.preventDefault()
    onClose()
    const why = reason.trim() === '' ? undefined : reason.trim()
    void attempt(() => client.deleteMessage(roomId, event.id, why), 'The message could not be deleted')
  }

  return (
    <form onSubmit={remove}>
      <MessageExcerpt event={event} />
      {!own && (
        <TextField
          label="Reason"
          hint={`Everyone here can read it. Empty is fine too.`}
          value={reason}
          maxLength={300}
          onChange={(changed) => setReason(changed.target.value)}
        />
      )}
      <DialogActions>
        {/* Focus begins on the way out. */}
        {/* oxlint-disable-next-line jsx-a11y/no-autofocus */}
        <Button autoFocus={own} onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" variant="danger">
          Delete
        </Button>
      </DialogActions>
    </form>
  )
}
