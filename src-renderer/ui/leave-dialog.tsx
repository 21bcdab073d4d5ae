import { useState, type FormEvent } from 'react'
import { HOME_HREF } from '../model/routes.ts'
import { isLastWithPower } from '../model/room-rights.ts'
import type { RoomDetail } from '../model/types.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { Button } from './button.tsx'
import { Dialog, DialogActions } from './dialog.tsx'
import { ChoiceField, SwitchField } from './field.tsx'
import { Note } from './note.tsx'
import { Stack } from './stack.tsx'

interface LeaveDialogProps {
  room: RoomDetail
  open: boolean
  onOpenChange: (open: boolean) => void
  /** Where somebody else is given one's power first. */
  onRoles: () => void
}

/** Before somebody leaves: what follows from it, and what becomes of what is here. */
export function LeaveDialog(props: LeaveDialogProps) {
  const { room } = props
  const direct = room.directWith !== undefined
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Leave ${direct ? `the conversation with ${room.name}` : room.name}?`}
      description={describeLeaving(room)}
    >
      <LeaveForm {...props} />
    </Dialog>
  )
}

function describeLeaving(room: RoomDetail): string {
  if (room.isSpace) return 'It disappears from your list. You stay in its rooms until you leave them.'
  const back = BACK[room.joinRule] ?? 'To come back you need a new invitation.'
  return `It disappears from your list. ${back}`
}

/** By join rule. */
const BACK: Readonly<Record<string, string>> = {
  public: 'You can join again later.',
  knock: 'To come back you have to ask again.',
  restricted: 'You can join again as long as you are in one of the spaces or rooms whose members may.',
  knock_restricted: 'To come back you have to ask again, or be in a space whose members may join.',
}

type Then = 'keep' | 'forget' | 'delete'

function LeaveForm({ room, onOpenChange, onRoles }: LeaveDialogProps) {
  const { client, describe, toast } = useServices()
  const facts = useReadable(client.roomFacts(room.id))
  const [then, setThen] = useState<Then>('keep')
  const [redact, setRedact] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const joined = room.members.filter((each) => each.membership === 'join')
  const present = new Set(joined.map((each) => each.userId))
  const alone = joined.length <= 1
  const last = !alone && facts !== undefined && isLastWithPower(facts, client.userId, present)

  async function leave(): Promise<void> {
    setBusy(true)
    setProblem(undefined)
    try {
      if (then === 'delete') {
        const done = await client.deleteRoom(room.id, redact)
        if (!done) toast('There is much to delete. It goes on, and the room disappears when it is done.')
      } else {
        await client.leave(room.id, then === 'forget')
      }
      onOpenChange(false)
      window.location.hash = HOME_HREF
    } catch (error) {
      setProblem(describe(error))
      setBusy(false)
    }
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (!busy) void leave()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack>
        {last && (
          <Note tone="warn">
            <p>
              You are the only one who can change roles and settings here. When you leave, nobody can any
              more, and that cannot be mended.
            </p>
            <Button
              size="sm"
              onClick={() => {
                onOpenChange(false)
                onRoles()
              }}
            >
              Make somebody else an owner first
            </Button>
          </Note>
        )}
        {alone && room.joinRule !== 'public' && (
          <Note tone="warn">You are the last one here. When you leave, nobody can come back.</Note>
        )}
        <ChoiceField<Then>
          label="What becomes of it here"
          value={then}
          onChange={setThen}
          options={[
            { value: 'keep', label: 'Keep it', hint: 'It stands in the settings under “Rooms you left”.' },
            { value: 'forget', label: 'Forget it', hint: 'It disappears from there, too.' },
            {
              value: 'delete',
              label: 'Delete it from this computer',
              hint: 'Its messages and files are taken from the disk. Others keep what they have.',
            },
          ]}
        />
        {then === 'delete' && (
          <SwitchField
            label="Delete what I wrote for everybody"
            hint="It cannot be undone. Servers that are away do it when they are back."
            checked={redact}
            onChange={setRedact}
          />
        )}
        {problem !== undefined && (
          <p role="alert" className="field-error">
            You could not leave. {problem}
          </p>
        )}
      </Stack>
      <DialogActions>
        {/* Focus begins on the way out. */}
        {/* oxlint-disable-next-line jsx-a11y/no-autofocus */}
        <Button autoFocus onClick={() => onOpenChange(false)}>
          Cancel
        </Button>
        <Button type="submit" variant="danger" busy={busy}>
          {then === 'delete' ? 'Leave and delete' : 'Leave'}
        </Button>
      </DialogActions>
    </form>
  )
}
