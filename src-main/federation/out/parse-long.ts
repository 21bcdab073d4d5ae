import { parseJsonInSteps } from '../../core/parse-json-in-steps.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import { breathe } from '../../trace/turns.ts'

/** Characters that are parsed at once: a few milliseconds. */
const SHORT = 200_000
const TURN_MS = 8

/** JSON of another server, however long: the event loop has its turns while it is parsed. */
export async function parseLong(
  text: string,
  maxDepth: number,
  maxValues: number,
): Promise<ReturnType<typeof parseJsonLimited>> {
  if (text.length <= SHORT) return parseJsonLimited(text, maxDepth, maxValues)
  const steps = parseJsonInSteps(text, maxDepth, maxValues)
  try {
    for (let since = performance.now(); ;) {
      const step = steps.next()
      if (step.done === true) return { ok: true, value: step.value }
      if (performance.now() - since < TURN_MS) continue
      await breathe()
      since = performance.now()
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { ok: false, reason: error.message }
  }
}
