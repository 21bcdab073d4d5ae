import { useState } from 'react'
import { InspectorError } from '../../../client/inspector.ts'
import { useServices } from '../../../model/use-client.ts'
import { retriedSchema } from './schema.ts'
import { retriedWords } from './words.ts'

/** "Retry now" for one server or for all, what is under way, and what became of the last one. */
export function useRetry(again: () => void) {
  const { client } = useServices()
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set())
  const [result, setResult] = useState<{ of: string; ok: boolean; words: string }>()

  async function run(path: string, of: string): Promise<void> {
    setBusy((before) => new Set([...before, of]))
    setResult(undefined)
    try {
      const { results } = await client.inspector.post(path, {}, retriedSchema)
      const ok = results.every((each) => each.result !== 'failed')
      setResult({ of, ok, words: retriedWords(results) })
      again()
    } catch (error) {
      const words = error instanceof InspectorError ? error.message : 'Hearth does not answer.'
      setResult({ of, ok: false, words })
    } finally {
      setBusy((before) => new Set([...before].filter((each) => each !== of)))
    }
  }

  return {
    busy,
    /** `of`: the server, or empty for all. */
    result,
    retry: (server: string) => run(`queues/${encodeURIComponent(server)}/retry`, server),
    retryAll: () => run('queues/retry', ''),
  }
}
