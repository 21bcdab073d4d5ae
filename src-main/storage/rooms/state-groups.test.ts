import { expect, test } from 'vitest'
import { stateKeyOf, type EventId, type RoomId, type StateMapKey } from '../../core/types.ts'
import { openMemoryDatabase, type Database } from '../database.ts'
import { RoomIds } from './room-ids.ts'
import { StateGroups } from './state-groups.ts'

const room = '!r:x' as RoomId

/** Mulberry32: a failing seed can be run again. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

function newGroups(): { db: Database; groups: StateGroups } {
  const db = openMemoryDatabase()
  return { db, groups: new StateGroups(db, new RoomIds(db)) }
}

function key(n: number): StateMapKey {
  return stateKeyOf('m.room.member', `@user${n}:x`)
}
function id(n: number): EventId {
  return `$${String(n).padStart(43, '0')}` as EventId
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('random branches agree with plain maps (seed %i)', (seed) => {
  const below = seeded(seed)
  const { db, groups } = newGroups()
  const users = [5, 40, 300][seed % 3] ?? 5
  const model = new Map<number, Map<StateMapKey, EventId>>([[0, new Map()]])
  const known = [0]
  db.transaction(() => {
    for (let step = 0; step < 500; step++) {
      // Mostly the newest, as a room grows, and sometimes an old one, as a fork does.
      const base = known[below(10) === 0 ? below(known.length) : known.length - 1] ?? 0
      const next = new Map(model.get(base))
      const delta = new Map<StateMapKey, EventId | undefined>()
      for (let n = below(20) === 0 ? below(users) : 1; n >= 0; n--) {
        const at = key(below(users))
        const value = below(4) === 0 ? undefined : id(below(users * 2))
        delta.set(at, value)
        if (value === undefined) next.delete(at)
        else next.set(at, value)
      }
      const group =
        below(15) === 0
          ? groups.put(room, next, below(3) === 0 ? undefined : base)
          : groups.add(room, base, delta)
      if (!model.has(group)) known.push(group)
      model.set(group, next)
      if (below(200) === 0) groups.dropCaches()
      const other = known[below(known.length)] ?? 0
      const candidates = groups.candidates(group, other)
      const [a, b] = [groups.map(group), groups.map(other)]
      for (const at of new Set([...a.keys(), ...b.keys()])) {
        if (a.get(at) !== b.get(at)) expect(candidates.has(at)).toBe(true)
      }
    }
  })
  groups.dropCaches()
  for (const [group, expected] of model) {
    const map = groups.map(group)
    expect(map.size).toBe(expected.size)
    const entries = [...map]
    expect(entries).toHaveLength(expected.size)
    expect(new Map(entries)).toEqual(expected)
    for (let n = 0; n < users; n++) expect(map.get(key(n))).toBe(expected.get(key(n)))
  }
})

test('what changes nothing makes no group', () => {
  const { db, groups } = newGroups()
  db.transaction(() => {
    const first = groups.add(room, 0, new Map([[key(1), id(1)]]))
    expect(groups.add(room, first, new Map([[key(1), id(1)]]))).toBe(first)
    expect(groups.add(room, first, new Map([[key(2), undefined]]))).toBe(first)
    expect(groups.put(room, new Map([[key(1), id(1)]]), first)).toBe(first)
    expect(groups.put(room, new Map(), undefined)).toBe(0)
    expect(groups.add(room, 0, new Map())).toBe(0)
  })
})

test('a large map near another is stored as what differs', () => {
  const { db, groups } = newGroups()
  const state = new Map(Array.from({ length: 1000 }, (_, n) => [key(n), id(n)]))
  db.transaction(() => {
    const first = groups.put(room, state, undefined)
    state.set(key(7), id(1007))
    state.delete(key(8))
    const second = groups.put(room, state, first)
    expect(groups.chain(second).map((group) => group.delta.size)).toEqual([2, 1000])
    expect(groups.map(second).size).toBe(999)
  })
})

test('after 10,000 changes any state is a short read, and each change cost little', () => {
  const { db, groups } = newGroups()
  const ids: number[] = [0]
  db.transaction(() => {
    for (let n = 0; n < 10_000; n++) {
      ids.push(groups.add(room, ids.at(-1) ?? 0, new Map([[key(n), id(n)]])))
    }
  })
  let longest = 0
  for (const group of ids) if (group !== 0) longest = Math.max(longest, groups.chain(group).length)
  expect(longest).toBeLessThanOrEqual(36)
  // With an empty cache, a read is one look-up by primary key for each group of the chain.
  const reads: string[] = []
  const get = db.get.bind(db)
  db.get = (sql, ...params) => {
    reads.push(sql)
    return get(sql, ...params)
  }
  for (const n of [1, 64, 777, 4095, 9999, 10_000]) {
    groups.dropCaches()
    reads.length = 0
    const map = groups.map(ids[n] ?? 0)
    expect(map.size).toBe(n)
    expect(map.get(key(n - 1))).toBe(id(n - 1))
    expect(map.get(key(n))).toBeUndefined()
    expect(reads.length).toBeLessThanOrEqual(36)
  }
  const stored = Number(db.get('SELECT sum(json_array_length(delta)) / 2 AS n FROM state_groups')?.['n'])
  expect(stored).toBeLessThan(10_000 * 6)
})
