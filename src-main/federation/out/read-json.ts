import { parseJsonInSteps } from '../../core/parse-json-in-steps.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import { createBreather } from '../../trace/turns.ts'
import { readPieces } from './read-body.ts'

/** Characters that are parsed at once: a few milliseconds. */
const SHORT = 200_000

export interface JsonBounds {
  readonly maxBytes: number
  readonly maxDepth: number
  readonly maxValues: number
  /** More characters than this are read only after `largeTurn`, and parsed while they come. */
  readonly largeAbove: number
  readonly largeTurn: () => Promise<void>
  /** All of the text; the beginning of what is large. */
  readonly onText: (text: string, isAll: boolean) => void
  readonly onEnd: (bytes: number) => void
}

type ReadJson = ReturnType<typeof parseJsonLimited>

/**
 * JSON of another server, however long: the event loop has its turns while it is parsed, and what is large is
 * never in memory as text. Rejects where the body breaks off or is not to be read further.
 */
export async function readJson(body: AsyncIterable<unknown>, bounds: JsonBounds): Promise<ReadJson> {
  const pieces = readPieces(body, bounds.maxBytes)
  const texts: string[] = []
  let size = 0
  while (size <= bounds.largeAbove) {
    const next = await pieces.next()
    if (next.done === true) {
      bounds.onEnd(next.value)
      const text = texts.join('')
      bounds.onText(text, true)
      if (text.length <= SHORT) return parseJsonLimited(text, bounds.maxDepth, bounds.maxValues)
      return await parsePieces([text], undefined, bounds)
    }
    texts.push(next.value)
    size += next.value.length
  }
  bounds.onText(texts[0] ?? '', false)
  try {
    await bounds.largeTurn()
    return await parsePieces(texts, pieces, bounds)
  } finally {
    await pieces.return(0)
  }
}

async function parsePieces(
  first: string[],
  further: AsyncGenerator<string, number> | undefined,
  { maxDepth, maxValues, onEnd }: JsonBounds,
): Promise<ReadJson> {
  const steps = parseJsonInSteps(maxDepth, maxValues)
  const breather = createBreather()
  const nextPiece = async (): Promise<string | undefined> => {
    const next = await further?.next()
    if (next?.done === true) onEnd(next.value)
    return next?.done === false ? next.value : undefined
  }
  try {
    let step = steps.next()
    while (step.done !== true) {
      const breath = breather()
      if (breath !== undefined) await breath
      if (step.value === 'breathe') step = steps.next()
      else step = steps.next(first.shift() ?? (await nextPiece()))
    }
    return { ok: true, value: step.value }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { ok: false, reason: error.message }
  }
}
