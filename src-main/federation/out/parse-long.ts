import { parseJsonInSteps } from '../../core/parse-json-in-steps.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import { inTurns } from '../../trace/turns.ts'

/** Characters that are parsed at once: a few milliseconds. */
const SHORT = 200_000

/** JSON of another server, however long: the event loop has its turns while it is parsed. */
export async function parseLong(
  text: string,
  maxDepth: number,
  maxValues: number,
): Promise<ReturnType<typeof parseJsonLimited>> {
  if (text.length <= SHORT) return parseJsonLimited(text, maxDepth, maxValues)
  try {
    return { ok: true, value: await inTurns(parseJsonInSteps(text, maxDepth, maxValues)) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { ok: false, reason: error.message }
  }
}
