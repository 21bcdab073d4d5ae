import { Terminal } from 'lucide-react'
import { useState } from 'react'
import { z } from 'zod'
import { useServices } from '../../../model/use-client.ts'
import { Button } from '../../../ui/button.tsx'
import { CodeBlock } from '../../../ui/code-block.tsx'
import type { JsonValue } from '../../../ui/json-rows.ts'
import { Note } from '../../../ui/note.tsx'
import { Part } from '../event/part.tsx'
import type { Exchange } from './exchange.ts'
import { text } from './phases.ts'
import css from './transactions.module.css'

const schema = z.object({ command: z.string(), notes: z.array(z.string()) })

/** The same request for a terminal, signed when it is asked for. */
export function CurlPart({ exchange, body }: { exchange: Exchange; body: JsonValue | undefined }) {
  const { client, toast } = useServices()
  const [made, setMade] = useState<z.infer<typeof schema>>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const request = requestOf(exchange, body)

  async function copy(): Promise<void> {
    if (request === undefined) return
    setBusy(true)
    setProblem(undefined)
    try {
      const answer = await client.inspector.post('curl', request, schema)
      setMade(answer)
      await navigator.clipboard.writeText(answer.command).then(
        () => toast('The command is copied.'),
        // It stands below, to be selected by hand.
        () => undefined,
      )
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }

  return (
    <Part title="In a terminal" open>
      {request === undefined ? (
        <p className={css.help}>The body of this request was not kept, so it cannot be made again.</p>
      ) : (
        <>
          <p className={css.help}>
            The same request as a <code>curl</code> command, with a header that this Hearth signs now.
          </p>
          <div>
            <Button size="sm" busy={busy} onClick={() => void copy()}>
              <Terminal aria-hidden="true" /> Copy as curl
            </Button>
          </div>
        </>
      )}
      {problem !== undefined && <Note tone="warn">{problem}</Note>}
      {made !== undefined && (
        <>
          <CodeBlock code={made.command} language={undefined} />
          <ul className={css.notes}>
            {made.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
    </Part>
  )
}

/** Undefined where what would have to be sent is not known any more. */
function requestOf(exchange: Exchange, body: JsonValue | undefined): object | undefined {
  const { method, path, server, request, results, record } = exchange
  const query = request === undefined ? '' : text(request, 'query')
  if (query.endsWith('…') || path.endsWith('…')) return undefined
  const whole = { server, method, path: query === '' ? path : `${path}?${query}` }
  if (method === 'GET') return whole
  if (body !== undefined) return { ...whole, body }
  if (record.label === 'federation send' && results.length > 0)
    return { ...whole, events: results.map(({ eventId }) => eventId) }
  return undefined
}
