import { useEffect, useRef, useState, type FormEvent } from 'react'
import type { Person } from '../../client/types.ts'
import { plural } from '../../model/text.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Stack } from '../../ui/stack.tsx'

export const REDACT_SPANS = [
  { value: 'hour', label: 'Last hour', ms: 3_600_000 },
  { value: 'day', label: 'Last day', ms: 86_400_000 },
  { value: 'week', label: 'Last week', ms: 7 * 86_400_000 },
  { value: 'all', label: 'All', ms: Number.POSITIVE_INFINITY },
] as const
type Span = (typeof REDACT_SPANS)[number]['value']

interface RedactDialogProps {
  roomId: string
  person: Person
  open: boolean
  onClose: () => void
}

/** Deletes what somebody has written lately, for everybody. */
export function RedactDialog(props: RedactDialogProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={(open) => !open && props.onClose()}
      title={`Delete messages of ${props.person.name}?`}
      description="They are removed for everybody in this room. This cannot be undone."
    >
      <RedactForm {...props} />
    </Dialog>
  )
}

function RedactForm({ roomId, person, onClose }: RedactDialogProps) {
  const { client, describe, toast } = useServices()
  const [span, setSpan] = useState<Span>('day')
  const [reason, setReason] = useState('')
  const [count, setCount] = useState<number>()
  const [problem, setProblem] = useState<string>()
  const running = useRef<AbortController>(undefined)
  // Who closes the dialog stops it; what is deleted by then stays deleted.
  useEffect(() => () => running.current?.abort(), [])

  async function remove(): Promise<void> {
    const abort = new AbortController()
    running.current = abort
    setCount(0)
    setProblem(undefined)
    const ms = REDACT_SPANS.find((each) => each.value === span)?.ms ?? 0
    try {
      const done = await client.redactSince(roomId, person.userId, Date.now() - ms, {
        reason: reason.trim() === '' ? undefined : reason.trim(),
        signal: abort.signal,
        onProgress: setCount,
      })
      toast(done === 0 ? 'There was nothing to delete.' : `${plural(done, 'message')} deleted.`)
      if (!abort.signal.aborted) onClose()
    } catch (error) {
      setProblem(describe(error))
      setCount(undefined)
    }
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (count === undefined) void remove()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <Segmented label="Sent within" value={span} options={REDACT_SPANS} onChange={setSpan} />
        <TextField
          label="Reason"
          hint="Everyone here can read it. Empty is fine too."
          value={reason}
          maxLength={300}
          onChange={(event) => setReason(event.target.value)}
        />
        {count !== undefined && <output>{plural(count, 'message')} deleted so far…</output>}
        {problem !== undefined && (
          <p role="alert" className="field-error">
            {problem}
          </p>
        )}
      </Stack>
      <DialogActions>
        <Button onClick={onClose}>{count === undefined ? 'Cancel' : 'Stop'}</Button>
        <Button type="submit" variant="danger" busy={count !== undefined}>
          Delete
        </Button>
      </DialogActions>
    </form>
  )
}
