import { SERVER_COLOURS } from './colours.ts'
import type { GraphEvent } from './graph-event.ts'

export interface ServerRow {
  readonly server: string
  readonly events: number
  /** Undefined: there are more servers than colours. */
  readonly colour: number | undefined
}

/** The servers of some events, the own one first, then by how much they said; `known` keeps who has which colour. */
export function serverRows(
  events: readonly GraphEvent[],
  own: string,
  known: Map<string, number | undefined>,
): ServerRow[] {
  const counts = new Map<string, number>()
  for (const event of events) counts.set(event.server, (counts.get(event.server) ?? 0) + 1)
  const rows = [...counts].toSorted(
    ([a, first], [b, second]) => Number(b === own) - Number(a === own) || second - first,
  )
  for (const [server] of rows) {
    if (!known.has(server)) known.set(server, known.size < SERVER_COLOURS.length ? known.size : undefined)
  }
  return rows.map(([server, count]) => ({ server, events: count, colour: known.get(server) }))
}
