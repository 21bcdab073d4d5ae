import type { GraphEvent } from './graph-event.ts'
import type { Layout, LayoutInput } from './layout.ts'

/** The part of a room's graph that was loaded. */
export interface GraphModel {
  /** In the order in which they were loaded; an event keeps its index. */
  readonly events: readonly GraphEvent[]
  readonly indexOf: ReadonlyMap<string, number>
  /** Edges between loaded events; those of event `i` are `edgeStart[i]…edgeStart[i + 1]`. */
  readonly edgeStart: Int32Array
  readonly child: Int32Array
  readonly parent: Int32Array
  /** Prev events that the node does not have. */
  readonly missing: ReadonlySet<string>
  readonly extremities: ReadonlySet<string>
  /** When each event arrived, as a rank; and the events by that rank. */
  readonly arrival: Int32Array
  readonly byArrival: Int32Array
}

export function buildModel(
  events: readonly GraphEvent[],
  missing: ReadonlySet<string>,
  extremities: ReadonlySet<string>,
): GraphModel {
  const indexOf = new Map(events.map((event, index) => [event.id, index]))
  const edgeStart = new Int32Array(events.length + 1)
  const child: number[] = []
  const parent: number[] = []
  events.forEach((event, index) => {
    for (const id of event.prev) {
      const from = indexOf.get(id)
      if (from === undefined || from === index) continue
      child.push(index)
      parent.push(from)
    }
    edgeStart[index + 1] = child.length
  })
  const byArrival = Int32Array.from(events.keys()).sort((a, b) => {
    const [first, second] = [events[a], events[b]]
    if (first === undefined || second === undefined) return 0
    return first.receivedTs - second.receivedTs || first.number - second.number
  })
  const arrival = new Int32Array(events.length)
  byArrival.forEach((event, rank) => (arrival[event] = rank))
  return {
    events,
    indexOf,
    edgeStart,
    child: Int32Array.from(child),
    parent: Int32Array.from(parent),
    missing,
    extremities,
    arrival,
    byArrival,
  }
}

export function layoutInput(model: GraphModel): LayoutInput {
  return {
    depth: Float64Array.from(model.events, (event) => event.depth),
    arrival: model.arrival.slice(),
    child: model.child.slice(),
    parent: model.parent.slice(),
  }
}

/** Parents (`prev_events`) and children of an event, those that are loaded, the newest first. */
export function neighbours(model: GraphModel, index: number): { parents: number[]; children: number[] } {
  const parents = [...model.parent.subarray(model.edgeStart[index] ?? 0, model.edgeStart[index + 1] ?? 0)]
  const children: number[] = []
  model.parent.forEach((from, edge) => {
    if (from === index) children.push(model.child[edge] ?? 0)
  })
  return { parents, children }
}

export type Step = 'parent' | 'child' | 'previous-sibling' | 'next-sibling'

/**
 * Where an arrow key leads: siblings are the other children of the same parents or, without such, the other
 * parents of the same children.
 */
export function step(model: GraphModel, layout: Layout, from: number, to: Step): number | undefined {
  const lane = (index: number): number => layout.lane[index] ?? 0
  const row = (index: number): number => layout.row[index] ?? 0
  const { parents, children } = neighbours(model, from)
  const nearest = (list: readonly number[]): number | undefined =>
    list.toSorted(
      (a, b) =>
        Math.abs(lane(a) - lane(from)) - Math.abs(lane(b) - lane(from)) ||
        Math.abs(row(a) - row(from)) - Math.abs(row(b) - row(from)),
    )[0]
  if (to === 'parent') return nearest(parents)
  if (to === 'child') return nearest(children)
  let family = new Set(parents.flatMap((parent) => neighbours(model, parent).children))
  if (family.size < 2) family = new Set(children.flatMap((child) => neighbours(model, child).parents))
  const siblings = [...family.add(from)].toSorted((a, b) => lane(a) - lane(b) || row(a) - row(b))
  return siblings[siblings.indexOf(from) + (to === 'next-sibling' ? 1 : -1)]
}
