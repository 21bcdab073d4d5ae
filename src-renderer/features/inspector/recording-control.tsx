import { CircleDot, Square } from 'lucide-react'
import { useEffect, useState } from 'react'
import { z } from 'zod'
import { useServices } from '../../model/use-client.ts'
import { useNow } from '../../model/use-now.ts'
import { Button } from '../../ui/button.tsx'
import css from './recording-control.module.css'

const recordingSchema = z.object({ on: z.boolean(), until: z.number().optional() })
type Recording = z.infer<typeof recordingSchema>

const MINUTES = 10
/** Somebody may turn it on or off elsewhere. */
const LOOK_MS = 10_000

/** Whether the bodies of requests between servers are kept, in sight on every view while they are. */
export function RecordingControl() {
  const { client, attempt } = useServices()
  const { inspector } = client
  const [state, setState] = useState<Recording>()
  const now = useNow(1_000)

  useEffect(() => {
    const abort = new AbortController()
    const look = (): void => {
      inspector
        .get('recording', recordingSchema, abort.signal)
        .then(setState)
        // The views say when the node does not answer.
        .catch(() => abort.signal.aborted || setState(undefined))
    }
    look()
    const timer = setInterval(look, LOOK_MS)
    return () => {
      clearInterval(timer)
      abort.abort()
    }
  }, [inspector])

  function set(on: boolean): void {
    void attempt(
      async () => setState(await inspector.post('recording', { on, minutes: MINUTES }, recordingSchema)),
      on ? 'Recording could not be turned on.' : 'Recording could not be turned off.',
    )
  }

  if (state === undefined) return null
  const left = Math.min(MINUTES * 60, Math.max(0, Math.ceil(((state.until ?? now) - now) / 1000)))
  if (!state.on || left === 0) {
    return (
      <Button
        className={css.control}
        size="sm"
        variant="ghost"
        title={`Keeps what servers send each other in full for ${MINUTES} minutes, in memory only. Tokens are left out.`}
        onClick={() => set(true)}
      >
        <CircleDot aria-hidden="true" /> Record
      </Button>
    )
  }
  return (
    <Button
      className={css.control}
      size="sm"
      data-on
      aria-label="Stop recording"
      title="What servers send each other is kept in full, in memory. Click to stop."
      onClick={() => set(false)}
    >
      <Square aria-hidden="true" /> Recording, {Math.floor(left / 60)}:{String(left % 60).padStart(2, '0')}{' '}
      left
    </Button>
  )
}
