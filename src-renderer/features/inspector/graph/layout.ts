import { graph, grid, laneGreedy } from 'd3-dag'

/** What the layout needs of events: numbers alone, so that they can be handed to another thread. */
export interface LayoutInput {
  readonly depth: Float64Array
  /** Counts up with what the node stored, to order what has the same depth. */
  readonly number: Float64Array
  /** Edges by the index of their ends: `child[i]` names `parent[i]` as a prev event. */
  readonly child: Int32Array
  readonly parent: Int32Array
}

/** Rows from the newest (0) down, one event each; lanes from the left. */
export interface Layout {
  /** Event index of each row. */
  readonly order: Int32Array
  /** Row and lane of each event. */
  readonly row: Int32Array
  readonly lane: Int32Array
  readonly lanes: number
  /** The edges that are drawn: from the child down its own lane, and over to the parent's at the parent's row. */
  readonly child: Int32Array
  readonly parent: Int32Array
  /** Edges that pass through each block of rows: those of block `b` are `blockEdges[blockStart[b]…blockStart[b + 1]]`. */
  readonly blockStart: Int32Array
  readonly blockEdges: Int32Array
}

export const BLOCK = 64

/**
 * Lays out an event graph, the newest at the top: rows by depth, parents always below their children; lanes by
 * d3-dag. In room versions 1 and 2 a hostile server can make a ring of events, since ids do not commit to
 * content: the edges that would close one are left out.
 */
export function layoutGraph(input: LayoutInput): Layout {
  const oldestFirst = topological(input)
  const count = oldestFirst.length
  const place = new Int32Array(count)
  oldestFirst.forEach((event, index) => (place[event] = index))
  const kept = [...input.child.keys()].filter(
    (edge) => place[at(input.parent, edge)]! < place[at(input.child, edge)]!,
  )
  const lane = lanesOf(oldestFirst, input, kept)

  const order = Int32Array.from(oldestFirst).reverse()
  const row = new Int32Array(count)
  order.forEach((event, index) => (row[event] = index))
  const child = Int32Array.from(kept, (edge) => at(input.child, edge))
  const parent = Int32Array.from(kept, (edge) => at(input.parent, edge))
  const lanes = count === 0 ? 0 : lane.reduce((most, each) => Math.max(most, each), 0) + 1
  return { order, row, lane, lanes, child, parent, ...blocksOf(count, row, child, parent) }
}

function lanesOf(oldestFirst: readonly number[], input: LayoutInput, kept: readonly number[]): Int32Array {
  const lane = new Int32Array(oldestFirst.length)
  if (oldestFirst.length === 0) return lane
  const dag = graph<number, undefined>()
  const nodes = new Map(oldestFirst.map((event) => [event, dag.node(event)]))
  for (const edge of kept) {
    const [from, to] = [nodes.get(at(input.parent, edge)), nodes.get(at(input.child, edge))]
    if (from !== undefined && to !== undefined) dag.link(from, to, undefined)
  }
  const rank = new Map(oldestFirst.map((event, index) => [event, index]))
  grid()
    .nodeSize([1, 1])
    .gap([0, 0])
    .lane(laneGreedy())
    .rank((node: { data: number }) => rank.get(node.data))(dag)
  for (const node of dag.nodes()) lane[node.data] = Math.floor(node.x)
  return lane
}

/** Parents before children; among those that may come next, the least depth, then the first that came. */
function topological({ depth, number, child, parent }: LayoutInput): number[] {
  const count = depth.length
  const waitsFor = new Int32Array(count)
  const children: number[][] = Array.from({ length: count }, () => [])
  for (const [edge, from] of parent.entries()) {
    waitsFor[at(child, edge)]! += 1
    children[from]?.push(at(child, edge))
  }
  const before = (a: number, b: number): boolean =>
    depth[a] === depth[b] ? number[a]! < number[b]! : depth[a]! < depth[b]!
  const ready = new Heap(before)
  const taken = new Uint8Array(count)
  const order: number[] = []
  const take = (event: number): void => {
    taken[event] = 1
    order.push(event)
    for (const next of children[event] ?? [])
      if (--waitsFor[next]! === 0 && taken[next] === 0) ready.push(next)
  }
  for (let event = 0; event < count; event++) if (waitsFor[event] === 0) ready.push(event)
  // Only a ring leaves events over: it is entered at the one of least depth.
  const byDepth = [...depth.keys()].toSorted((a, b) => (before(a, b) ? -1 : 1))
  for (let scan = 0; order.length < count;) {
    const next = ready.pop() ?? byDepth[scan++]
    if (next !== undefined && taken[next] === 0) take(next)
  }
  return order
}

/** Which edges are to be drawn where only some rows are in sight. */
function blocksOf(count: number, row: Int32Array, child: Int32Array, parent: Int32Array) {
  const blocks = Math.ceil(count / BLOCK)
  const blockStart = new Int32Array(blocks + 1)
  const span = (edge: number): [number, number] => [
    Math.floor(row[at(child, edge)]! / BLOCK),
    Math.floor(row[at(parent, edge)]! / BLOCK),
  ]
  for (let edge = 0; edge < child.length; edge++) {
    const [from, to] = span(edge)
    for (let block = from; block <= to; block++) blockStart[block + 1]! += 1
  }
  for (let block = 0; block < blocks; block++) blockStart[block + 1]! += blockStart[block]!
  const blockEdges = new Int32Array(blockStart[blocks] ?? 0)
  const fill = blockStart.slice()
  for (let edge = 0; edge < child.length; edge++) {
    const [from, to] = span(edge)
    for (let block = from; block <= to; block++) blockEdges[fill[block]!++] = edge
  }
  return { blockStart, blockEdges }
}

const at = (list: Int32Array, index: number): number => list[index] ?? 0

/** A binary heap. */
class Heap {
  private readonly items: number[] = []
  private readonly before: (a: number, b: number) => boolean

  constructor(before: (a: number, b: number) => boolean) {
    this.before = before
  }

  push(item: number): void {
    const { items } = this
    let index = items.push(item) - 1
    while (index > 0) {
      const up = (index - 1) >> 1
      if (!this.before(item, items[up]!)) break
      items[index] = items[up]!
      index = up
    }
    items[index] = item
  }

  pop(): number | undefined {
    const { items } = this
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let index = 0
    for (;;) {
      let down = 2 * index + 1
      if (down >= items.length) break
      if (down + 1 < items.length && this.before(items[down + 1]!, items[down]!)) down++
      if (!this.before(items[down]!, last)) break
      items[index] = items[down]!
      index = down
    }
    items[index] = last
    return top
  }
}
