import type { EventId, RoomId, StateMap, StateMapKey } from '../../core/types.ts'
import type { StateGroupId } from '../../rooms/ports.ts'
import type { Database } from '../database.ts'
import { LayeredStateMap, type StateDelta } from './layered-map.ts'
import { LruCache } from './lru.ts'
import type { RoomIds } from './room-ids.ts'

/** Digits of a group's position; see `StateGroups`. */
const RADIX = 8
/** Below this many changes a new full map is not worth it, however small the state is. */
const MIN_CHANGES = 64
/** Keys that the cache of deltas may hold in total. */
const CACHED_ENTRIES = 1_000_000
const EMPTY: StateMap = new Map()

interface Group {
  readonly id: StateGroupId
  /** The group that `delta` applies to; 0 for a full map. */
  readonly base: StateGroupId
  /** Steps since the last full map. */
  readonly position: number
  /** Keys changed since the last full map. */
  readonly changes: number
  /** Entries of the complete map. */
  readonly size: number
  readonly delta: StateDelta
}

/**
 * State groups as chains of deltas. A plain chain would grow with the room, and a full map every so
 * often would cost the room's size again and again. So bases are chosen as in a Fenwick tree: the
 * group at position p (steps since the last full map) is stored as the merged delta on the position
 * where p's lowest non-zero octal digit is one less. A chain is then as long as the sum of p's digits
 * (at most 7 a digit), and a change is written again only about log8(p) times. A full map is
 * stored when as many keys have changed since the last one as the state holds, which the changes pay for.
 */
export class StateGroups {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly cache = new LruCache<StateGroupId, Group>(CACHED_ENTRIES)

  constructor(db: Database, rooms: RoomIds) {
    this.db = db
    this.rooms = rooms
  }

  dropCaches(): void {
    this.cache.clear()
  }

  /** The complete map of a group. Cost: one look-up a layer, at most 7 × log8(steps since the last full map). */
  map(id: StateGroupId): StateMap {
    if (id === 0) return EMPTY
    const chain = this.chain(id)
    const newest = chain[0]
    if (newest === undefined) return EMPTY
    return new LayeredStateMap(
      chain.map((group) => group.delta),
      newest.size,
    )
  }

  add(roomId: RoomId, base: StateGroupId, delta: ReadonlyMap<string, EventId | undefined>): StateGroupId {
    const before = this.map(base)
    const changed = new Map<StateMapKey, EventId | undefined>()
    let size = before.size
    for (const [text, value] of delta) {
      const key = text as StateMapKey
      const old = before.get(key)
      if (old === value) continue
      changed.set(key, value)
      size += (value === undefined ? 0 : 1) - (old === undefined ? 0 : 1)
    }
    if (changed.size === 0) return base
    if (base === 0) return this.insertFull(roomId, changed)
    const parent = this.group(base)
    const changes = parent.changes + changed.size
    if (changes > Math.max(size, MIN_CHANGES)) {
      const full = new Map<StateMapKey, EventId | undefined>(before)
      for (const [key, value] of changed) {
        if (value === undefined) full.delete(key)
        else full.set(key, value)
      }
      return this.insertFull(roomId, full)
    }
    const position = parent.position + 1
    const stop = basePosition(position)
    // Newer layers win, so each older one only fills in the keys that are not there yet.
    const merged = new Map(changed)
    let at = parent
    while (at.position > stop) {
      for (const [key, value] of at.delta) if (!merged.has(key)) merged.set(key, value)
      at = this.group(at.base)
    }
    return this.insert(roomId, { base: at.id, position, changes, size, delta: merged })
  }

  put(roomId: RoomId, state: StateMap, near: StateGroupId | undefined): StateGroupId {
    if (near !== undefined && near !== 0) {
      const delta = new Map<StateMapKey, EventId | undefined>()
      const old = this.map(near)
      for (const [key, value] of state) if (old.get(key) !== value) delta.set(key, value)
      for (const key of old.keys()) if (!state.has(key)) delta.set(key, undefined)
      if (delta.size <= state.size) return this.add(roomId, near, delta)
    }
    return state.size === 0 ? 0 : this.insertFull(roomId, state)
  }

  /** Keys in which two groups may differ; all keys of both where they share no layer. */
  candidates(a: StateGroupId, b: StateGroupId): Set<StateMapKey> {
    const keys = new Set<StateMapKey>()
    if (a === b) return keys
    const left = a === 0 ? [] : this.chain(a)
    const right = b === 0 ? [] : this.chain(b)
    const shared = new Set(left.map((group) => group.id))
    const meeting = right.find((group) => shared.has(group.id))?.id
    for (const chain of [left, right]) {
      for (const group of chain) {
        if (group.id === meeting) break
        for (const key of group.delta.keys()) keys.add(key)
      }
    }
    return keys
  }

  /** The group and its bases, newest first. */
  chain(id: StateGroupId): Group[] {
    const chain: Group[] = []
    for (let at = id; at !== 0;) {
      const group = this.group(at)
      chain.push(group)
      at = group.base
    }
    return chain
  }

  private group(id: StateGroupId): Group {
    const cached = this.cache.get(id)
    if (cached !== undefined) return cached
    const row = this.db.get('SELECT base, position, changes, size, delta FROM state_groups WHERE id = ?', id)
    if (row === undefined) throw new Error(`There is no state group ${id}`)
    const group: Group = {
      id,
      base: Number(row['base']),
      position: Number(row['position']),
      changes: Number(row['changes']),
      size: Number(row['size']),
      delta: parseDelta(String(row['delta'])),
    }
    this.cache.set(id, group, group.delta.size + 1)
    return group
  }

  private insertFull(roomId: RoomId, full: StateDelta): StateGroupId {
    const delta = new Map<StateMapKey, EventId | undefined>()
    for (const [key, value] of full) if (value !== undefined) delta.set(key, value)
    return this.insert(roomId, { base: 0, position: 0, changes: 0, size: delta.size, delta })
  }

  private insert(roomId: RoomId, group: Omit<Group, 'id'>): StateGroupId {
    const flat: (string | null)[] = []
    for (const [key, value] of group.delta) flat.push(key, value ?? null)
    const id = this.db.run(
      'INSERT INTO state_groups (room_nid, base, position, changes, size, delta) VALUES (?, ?, ?, ?, ?, ?)',
      this.rooms.intern(roomId),
      group.base,
      group.position,
      group.changes,
      group.size,
      JSON.stringify(flat),
    ).lastInsertRowid
    this.cache.set(id, { ...group, id }, group.delta.size + 1)
    return id
  }
}

/** `position` with its lowest non-zero digit made one smaller; it is always on the chain of `position - 1`. */
function basePosition(position: number): number {
  let unit = 1
  while (position % (unit * RADIX) === 0) unit *= RADIX
  return position - unit
}

function parseDelta(text: string): StateDelta {
  const flat = JSON.parse(text) as (string | null)[]
  const delta = new Map<StateMapKey, EventId | undefined>()
  for (let i = 0; i + 1 < flat.length; i += 2) {
    delta.set(flat[i] as StateMapKey, (flat[i + 1] ?? undefined) as EventId | undefined)
  }
  return delta
}
