import { useCallback, useMemo } from 'react'
import type { GraphState } from './graph-loader.ts'
import { isPlace, marksOf, passes, PLACES, type Filter, type Place } from './marks.ts'
import type { Arrivals } from './model.ts'
import type { Scene } from './scene.ts'
import { usePeople } from './use-room-graph.ts'

export interface Wanted {
  readonly words: string
  readonly filter: Filter
  /** Arrival rank of the moment that is looked at; undefined: now. */
  readonly until: number | undefined
  /** Known where `until` is. */
  readonly arrivals: Arrivals | undefined
  /** Id of the selected event. */
  readonly selected: string | undefined
  readonly showAuth: boolean
}

export interface SceneParts {
  readonly scene: Scene | undefined
  /** Events that the search and the filter leave, from the newest down; undefined when nothing is asked for. */
  readonly matches: readonly number[] | undefined
  readonly places: ReadonlyMap<Place, readonly number[]>
}

/** The picture that is wanted of what is loaded. */
export function useScene(
  graph: GraphState['graph'],
  { words, filter, until, arrivals, selected, showAuth }: Wanted,
): SceneParts {
  const nameOf = usePeople()
  const text = words.trim()
  const servers = graph?.servers
  const colours = useMemo(() => new Map(servers?.map(({ server, colour }) => [server, colour])), [servers])
  const serverColour = useCallback((server: string) => colours.get(server), [colours])
  const marks = useMemo(() => {
    if (graph === undefined) return undefined
    const moment = until === undefined || arrivals === undefined ? undefined : { rank: arrivals.rank, until }
    return marksOf(graph.model, graph.layout.order, moment)
  }, [graph, until, arrivals])
  const found = useMemo(() => {
    if (graph === undefined || (text === '' && filter === 'all')) return undefined
    const matches: number[] = []
    const dimmed = new Uint8Array(graph.model.events.length).fill(1)
    for (const index of graph.layout.order) {
      const event = graph.model.events[index]
      if (event === undefined || !passes(event, marks?.[index] ?? 0, filter, text, nameOf)) continue
      matches.push(index)
      dimmed[index] = 0
    }
    return { matches, dimmed }
  }, [graph, marks, text, filter, nameOf])
  const places = useMemo(() => {
    const all = new Map<Place, number[]>(PLACES.map((place) => [place, []]))
    for (const index of graph?.layout.order ?? []) {
      const event = graph?.model.events[index]
      const mark = marks?.[index] ?? 0
      if (event === undefined || (mark === 0 && event.status === 'accepted')) continue
      for (const place of PLACES) if (isPlace(place, event, mark)) all.get(place)?.push(index)
    }
    return all
  }, [graph, marks])

  const scene = useMemo((): Scene | undefined => {
    if (graph === undefined || marks === undefined) return undefined
    const { model, layout } = graph
    const index = selected === undefined ? undefined : model.indexOf.get(selected)
    const known = index !== undefined && index < layout.row.length ? index : undefined
    const auth = known === undefined || !showAuth ? [] : (model.events[known]?.auth ?? [])
    return {
      model,
      layout,
      marks,
      dimmed: found?.dimmed,
      selected: known,
      auth: auth.flatMap((id) => {
        const at = model.indexOf.get(id)
        return at === undefined || at >= layout.row.length ? [] : [at]
      }),
      serverColour,
      nameOf,
    }
  }, [graph, marks, found, selected, showAuth, serverColour, nameOf])
  return { scene, matches: found?.matches, places }
}
