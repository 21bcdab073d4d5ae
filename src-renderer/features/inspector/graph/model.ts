import type { GraphEvent } from './graph-event.ts'
import type { Layout, LayoutInput } from './layout.ts'

/**
 * The part of a room's graph that was loaded. Its lists grow as more comes, and an event keeps its index; a new
 * object says that something is new.
 */
export interface GraphModel {
  readonly events: readonly GraphEvent[]
  readonly indexOf: ReadonlyMap<string, number>
  /** Loaded `prev_events` of each event, and the loaded events that name it as one. */
  readonly parents: readonly (readonly number[])[]
  readonly children: readonly (readonly number[])[]
  /** Prev events that the node does not have. */
  readonly missing: ReadonlySet<string>
  readonly extremities: ReadonlySet<string>
}

/** Puts the graph together event by event: one that arrives costs what it brings, not what is there. */
export class GraphBuilder {
  private readonly events: GraphEvent[] = []
  private readonly indexOf = new Map<string, number>()
  private readonly parents: number[][] = []
  private readonly children: number[][] = []
  private readonly missing = new Set<string>()
  /** Events that wait for a prev event to be loaded, by its id. */
  private readonly waiting = new Map<string, number[]>()
  private extremities: ReadonlySet<string> = new Set()

  get size(): number {
    return this.events.length
  }

  /** One that is there already is replaced: its status may be another, its place in the graph is not. */
  add(event: GraphEvent): void {
    this.missing.delete(event.id)
    const known = this.indexOf.get(event.id)
    if (known !== undefined) {
      this.events[known] = event
      return
    }
    const index = this.events.push(event) - 1
    this.indexOf.set(event.id, index)
    this.parents.push([])
    this.children.push([])
    for (const id of event.prev) {
      const parent = this.indexOf.get(id)
      if (parent === index) continue
      if (parent !== undefined) this.connect(index, parent)
      else {
        const others = this.waiting.get(id)
        if (others === undefined) this.waiting.set(id, [index])
        else others.push(index)
      }
    }
    for (const child of this.waiting.get(event.id) ?? []) this.connect(child, index)
    this.waiting.delete(event.id)
  }

  setMissing(ids: readonly string[]): void {
    for (const id of ids) if (!this.indexOf.has(id)) this.missing.add(id)
  }

  setExtremities(ids: readonly string[]): void {
    this.extremities = new Set(ids)
  }

  model(): GraphModel {
    const { events, indexOf, parents, children, missing, extremities } = this
    return { events, indexOf, parents, children, missing, extremities }
  }

  private connect(child: number, parent: number): void {
    this.parents[child]?.push(parent)
    this.children[parent]?.push(child)
  }
}

export function layoutInput({ events, parents }: GraphModel): LayoutInput {
  const child: number[] = []
  const parent: number[] = []
  parents.forEach((list, index) => {
    for (const each of list) {
      child.push(index)
      parent.push(each)
    }
  })
  return {
    depth: Float64Array.from(events, (event) => event.depth),
    number: Float64Array.from(events, (event) => event.number),
    child: Int32Array.from(child),
    parent: Int32Array.from(parent),
  }
}

/** In which order the events came. */
export interface Arrivals {
  /** The rank of each event. */
  readonly rank: Int32Array
  readonly byRank: Int32Array
}

export function arrivalsOf({ events }: GraphModel): Arrivals {
  const byRank = Int32Array.from(events.keys()).sort((a, b) => {
    const [first, second] = [events[a], events[b]]
    if (first === undefined || second === undefined) return 0
    return first.receivedTs - second.receivedTs || first.number - second.number
  })
  const rank = new Int32Array(events.length)
  byRank.forEach((event, index) => (rank[event] = index))
  return { rank, byRank }
}

export type Step = 'parent' | 'child' | 'previous-sibling' | 'next-sibling'

/**
 * Where an arrow key leads: siblings are the other children of the same parents or, without such, the other
 * parents of the same children.
 */
export function step(model: GraphModel, layout: Layout, from: number, to: Step): number | undefined {
  const lane = (index: number): number => layout.lane[index] ?? 0
  const row = (index: number): number => layout.row[index] ?? 0
  const drawn = (list: readonly number[] | undefined): number[] =>
    (list ?? []).filter((index) => index < layout.row.length)
  const nearest = (list: readonly number[]): number | undefined =>
    list.toSorted(
      (a, b) =>
        Math.abs(lane(a) - lane(from)) - Math.abs(lane(b) - lane(from)) ||
        Math.abs(row(a) - row(from)) - Math.abs(row(b) - row(from)),
    )[0]
  const parents = drawn(model.parents[from])
  const children = drawn(model.children[from])
  if (to === 'parent') return nearest(parents)
  if (to === 'child') return nearest(children)
  let family = new Set(parents.flatMap((parent) => drawn(model.children[parent])))
  if (family.size < 2) family = new Set(children.flatMap((child) => drawn(model.parents[child])))
  const siblings = [...family.add(from)].toSorted((a, b) => lane(a) - lane(b) || row(a) - row(b))
  return siblings[siblings.indexOf(from) + (to === 'next-sibling' ? 1 : -1)]
}
