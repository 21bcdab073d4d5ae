import { inTurns } from '../trace/turns.ts'

/** Elements written at once. */
const SLICE = 50
/** So deep the lists of an answer lie: `rooms.join.<id>.state.events`. */
const MAX_DEPTH = 5

/**
 * `Response.json` for answers with long lists (the state of a large room, all rooms of somebody): they are written
 * in slices, so that everybody else is served in between.
 */
export async function jsonInSlices(value: unknown): Promise<Response> {
  const text = new LongText()
  await inTurns(write(value, text, 0))
  return new Response(text.whole(), { headers: { 'content-type': 'application/json' } })
}

/** Characters that are joined before they become bytes; most answers are not longer. */
const JOINED = 65_536

class LongText {
  private readonly pieces: Buffer[] = []
  private last = ''

  add(text: string): void {
    this.last += text
    if (this.last.length < JOINED) return
    this.pieces.push(Buffer.from(this.last))
    this.last = ''
  }

  whole(): string | Buffer<ArrayBuffer> {
    return this.pieces.length === 0 ? this.last : Buffer.concat([...this.pieces, Buffer.from(this.last)])
  }
}

function* write(value: unknown, text: LongText, depth: number): Generator<void> {
  if (Array.isArray(value) && value.length > SLICE) {
    for (let start = 0; start < value.length; start += SLICE) {
      const slice = JSON.stringify(value.slice(start, start + SLICE))
      text.add(`${start === 0 ? '[' : ','}${slice.slice(1, -1)}`)
      yield
    }
    text.add(']')
  } else if (isObject(value) && depth < MAX_DEPTH && !isFlat(value)) {
    let separator = '{'
    for (const key in value) {
      const field = value[key]
      if (field === undefined) continue
      text.add(`${separator}${JSON.stringify(key)}:`)
      separator = ','
      yield* write(field, text, depth + 1)
    }
    text.add('}')
  } else {
    text.add(JSON.stringify(value))
    yield
  }
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Without anything in it that could be long; an empty object too. */
function isFlat(value: { [key: string]: unknown }): boolean {
  const fields = Object.values(value)
  return fields.length <= SLICE && fields.every((field) => typeof field !== 'object' || field === null)
}
