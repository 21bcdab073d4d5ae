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
  const pieces: Buffer[] = []
  await inTurns(write(value, pieces, 0))
  return new Response(Buffer.concat(pieces), { headers: { 'content-type': 'application/json' } })
}

function* write(value: unknown, pieces: Buffer[], depth: number): Generator<void> {
  if (Array.isArray(value) && value.length > SLICE) {
    for (let start = 0; start < value.length; start += SLICE) {
      const slice = JSON.stringify(value.slice(start, start + SLICE))
      pieces.push(Buffer.from(`${start === 0 ? '[' : ','}${slice.slice(1, -1)}`))
      yield
    }
    pieces.push(Buffer.from(']'))
  } else if (isObject(value) && depth < MAX_DEPTH && !isFlat(value)) {
    let separator = '{'
    for (const [key, field] of Object.entries(value)) {
      if (field === undefined) continue
      pieces.push(Buffer.from(`${separator}${JSON.stringify(key)}:`))
      separator = ','
      yield* write(field, pieces, depth + 1)
    }
    pieces.push(Buffer.from('}'))
  } else {
    pieces.push(Buffer.from(JSON.stringify(value)))
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
