import type { Indexed } from './filter.ts'

export interface Entry extends Indexed {
  readonly id: number
  readonly json: Buffer
  /** Whose operations these are: each lane has its share of the room. */
  readonly lane: string
}

export interface RingLimits {
  readonly records: number
  readonly bytes: number
}

/** What an entry costs beside its text. */
const ENTRY_COST = 400
const MAX_LANES = 64
const REST = 'rest'

interface Lane {
  bytes: number
  /** Ids, oldest first, from `head` on. */
  ids: number[]
  head: number
}

/**
 * The newest records, bounded in number and size. When it is full, the oldest record of whoever takes most room
 * goes: one that floods this node pushes out its own, and not what happened with everybody else.
 */
export class Ring {
  private readonly limits: RingLimits
  private readonly entries = new Map<number, Entry>()
  /** Rising, and among them some that are gone: to begin anywhere in the middle. */
  private ids: number[] = []
  private readonly lanes = new Map<string, Lane>()
  private bytes = 0
  /** From this id on, nothing is missing. */
  completeFrom: number

  constructor(limits: RingLimits, firstId: number) {
    this.limits = limits
    this.completeFrom = firstId
  }

  /** Ids rise. */
  add(entry: Entry): void {
    const name = this.lanes.has(entry.lane) || this.lanes.size < MAX_LANES ? entry.lane : REST
    let lane = this.lanes.get(name)
    if (lane === undefined) this.lanes.set(name, (lane = { bytes: 0, ids: [], head: 0 }))
    const cost = costOf(entry)
    lane.bytes += cost
    lane.ids.push(entry.id)
    this.bytes += cost
    this.entries.set(entry.id, entry)
    this.ids.push(entry.id)
    while (this.entries.size > this.limits.records || this.bytes > this.limits.bytes) this.dropOne()
    if (this.ids.length > 1000 && this.ids.length > this.entries.size * 2) this.ids = [...this.entries.keys()]
  }

  get(id: number): Entry | undefined {
    return this.entries.get(id)
  }

  /** Those with ids between, both included, by their ids; it costs as much as it is asked for. */
  *between(from: number, to: number, order: 'oldest' | 'newest'): Generator<Entry, undefined> {
    const { ids } = this
    const step = order === 'oldest' ? 1 : -1
    for (let at = order === 'oldest' ? this.placeOf(from) : this.placeOf(to + 1) - 1; ; at += step) {
      const id = ids[at]
      if (id === undefined || id < from || id > to) return undefined
      const entry = this.entries.get(id)
      if (entry !== undefined) yield entry
    }
  }

  /** Where the first id is that is not smaller. */
  private placeOf(id: number): number {
    let low = 0
    let high = this.ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.ids[middle] ?? id) < id) low = middle + 1
      else high = middle
    }
    return low
  }

  private dropOne(): void {
    let name = ''
    let largest: Lane | undefined
    for (const [key, lane] of this.lanes) {
      if (largest === undefined || lane.bytes > largest.bytes) {
        largest = lane
        name = key
      }
    }
    if (largest === undefined) return
    const id = largest.ids[largest.head++]
    const entry = id === undefined ? undefined : this.entries.get(id)
    if (entry !== undefined) {
      this.entries.delete(entry.id)
      const cost = costOf(entry)
      largest.bytes -= cost
      this.bytes -= cost
      this.completeFrom = Math.max(this.completeFrom, entry.id + 1)
    }
    if (largest.head >= largest.ids.length) this.lanes.delete(name)
    else if (largest.head > 1000 && largest.head * 2 > largest.ids.length) {
      largest.ids = largest.ids.slice(largest.head)
      largest.head = 0
    }
  }
}

function costOf({ json }: Entry): number {
  return json.length + ENTRY_COST
}
