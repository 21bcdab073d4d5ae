import { breathe } from '../trace/turns.ts'

/** Elements written between two turns of the event loop. */
const SLICE = 200

/**
 * `Response.json` for answers with long lists (the state of a large room): the lists of the outermost object
 * are written in slices, so that everybody else is served in between.
 */
export async function jsonInSlices(value: unknown): Promise<Response> {
  if (!hasLongList(value)) return Response.json(value)
  const pieces: string[] = []
  let separator = '{'
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue
    pieces.push(separator, JSON.stringify(key), ':')
    separator = ','
    if (Array.isArray(field) && field.length > SLICE) {
      for (let start = 0; start < field.length; start += SLICE) {
        const slice = JSON.stringify(field.slice(start, start + SLICE))
        pieces.push(start === 0 ? '[' : ',', slice.slice(1, -1))
        await breathe()
      }
      pieces.push(']')
    } else pieces.push(JSON.stringify(field))
  }
  pieces.push('}')
  return new Response(pieces.join(''), { headers: { 'content-type': 'application/json' } })
}

function hasLongList(value: unknown): value is { [key: string]: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).some((field) => Array.isArray(field) && field.length > SLICE)
  )
}
