import { useState, type FormEvent } from 'react'
import { useServices } from '../model/use-client.ts'
import { Button } from './button.tsx'
import { Dialog, DialogActions } from './dialog.tsx'
import { TextField } from './field.tsx'

interface JumpToDateProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** The day that is proposed. */
  initial: number | undefined
  roomId: string
  onJump: (eventId: string) => void
}

/** Asks for a day and goes to the first message at or after its beginning. */
export function JumpToDate(props: JumpToDateProps) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange} title="Jump to a date">
      <DayForm {...props} />
    </Dialog>
  )
}

function DayForm({ onOpenChange, initial, roomId, onJump }: JumpToDateProps) {
  const { client, describe } = useServices()
  const [today] = useState(() => toDay(Date.now()))
  const [day, setDay] = useState(() => (initial === undefined ? today : toDay(initial)))
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()

  async function jump(event: FormEvent): Promise<void> {
    event.preventDefault()
    const ts = new Date(`${day}T00:00:00`).getTime()
    if (Number.isNaN(ts)) return setError('This is no day.')
    setBusy(true)
    setError(undefined)
    try {
      onJump(await client.focusDate(roomId, ts))
      onOpenChange(false)
    } catch (problem) {
      setError(describe(problem))
      setBusy(false)
    }
  }

  return (
    <form onSubmit={(event) => void jump(event)}>
      <TextField
        label="Day"
        type="date"
        value={day}
        max={today}
        error={error}
        required
        onChange={(event) => setDay(event.target.value)}
      />
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy}>
          Jump
        </Button>
      </DialogActions>
    </form>
  )
}

/** As a date field wants it, in the person's own time zone. */
function toDay(ts: number): string {
  const date = new Date(ts)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
