import { useMemo, useRef } from 'react'
import { SERVER_COLOURS } from './colours.ts'
import type { GraphModel } from './model.ts'

export interface ServerRow {
  readonly server: string
  readonly events: number
  /** Undefined: there are more servers than colours. */
  readonly colour: number | undefined
}

/** The servers of the loaded events, by how much they said; a server that has a colour keeps it. */
export function useServers(model: GraphModel | undefined, own: string): readonly ServerRow[] {
  const known = useRef(new Map<string, number | undefined>())
  return useMemo(() => {
    const counts = new Map<string, number>()
    for (const event of model?.events ?? []) counts.set(event.server, (counts.get(event.server) ?? 0) + 1)
    const rows = [...counts].toSorted(
      ([a, first], [b, second]) => Number(b === own) - Number(a === own) || second - first,
    )
    const colours = known.current
    for (const [server] of rows) {
      if (!colours.has(server)) colours.set(server, colours.size < SERVER_COLOURS.length ? colours.size : undefined)
    }
    return rows.map(([server, events]) => ({ server, events, colour: colours.get(server) }))
  }, [model, own])
}
