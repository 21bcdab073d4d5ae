import { describe, expect, test } from 'vitest'
import { ROOM_VERSIONS } from '../room-versions.ts'
import type { EventId, StateMapKey } from '../types.ts'
import { AuthGraph } from './auth-graph.ts'
import { distinctSets, splitConflicts } from './conflicts.ts'
import { authDifference, conflictedSubgraph } from './full-conflicted-set.ts'
import { resolveDifferences, resolveState } from './index.ts'
import { pick, prng, quarrel, shuffled } from './quarrel.fixture.ts'
import { resolveByTheBook } from './reference.fixture.ts'
import { readable, type TestRoom } from './room.fixture.ts'

const seeds = Array.from({ length: 25 }, (_, index) => index + 1)

describe.each(ROOM_VERSIONS)('room version %s', (version) => {
  test.each(seeds)('seed %i resolves to one state in whatever order things come', (seed) => {
    const next = prng(seed)
    const { room, sets } = quarrel(version, next)
    const expected = readable(resolveState(version, sets, room.getEvent))
    for (let round = 0; round < 5; round++) {
      const reordered = shuffled(next, [...sets, pick(next, sets)]).map(
        (set) => new Map(shuffled(next, [...set])),
      )
      const state = resolveState(version, reordered, room.getEvent, {
        authEventsOf: (id) => (next(2) === 0 ? undefined : room.getEvent(id)?.authEvents),
      })
      expect(readable(state)).toEqual(expected)
    }
  })

  test.each(seeds)('seed %i resolves to the same by its differences alone', (seed) => {
    const next = prng(seed)
    const { room, sets } = quarrel(version, next)
    const expected = readable(resolveState(version, sets, room.getEvent))
    const keys = new Set<StateMapKey>()
    for (const set of sets) {
      for (const key of set.keys())
        if (next(10) === 0 || sets.some((other) => other.get(key) !== set.get(key))) keys.add(key)
    }
    const state = new Map(sets[0])
    for (const [key, id] of resolveDifferences(version, sets, keys, room.getEvent)) {
      if (id === undefined) state.delete(key)
      else state.set(key, id)
    }
    expect(readable(state)).toEqual(expected)
  })
})

describe.each(['1', '2', '6', '11', '12'] as const)('room version %s', (version) => {
  test.each(seeds)('seed %i resolves to what the specification says, word for word', (seed) => {
    const next = prng(10_000 + seed)
    const { room, sets, refused } = quarrel(version, next, true)
    const all = [...room.stateAfter.values()]
    for (let round = 0; round < 8; round++) {
      const some = round === 0 ? sets : Array.from({ length: 2 + next(4) }, () => pick(next, all))
      const [first = new Map()] = some
      const expected = readable(resolveByTheBook(version, some, room.events, refused))
      const options = { isRejected: (id: EventId) => refused.has(id) }
      expect(readable(resolveState(version, some, room.getEvent, options))).toEqual(expected)
      const keys = new Set<StateMapKey>()
      for (const set of some)
        for (const key of set.keys()) if (some.some((other) => other.get(key) !== set.get(key))) keys.add(key)
      const state = new Map(first)
      for (const [key, id] of resolveDifferences(version, some, keys, room.getEvent, options)) {
        if (id === undefined) state.delete(key)
        else state.set(key, id)
      }
      expect(readable(state)).toEqual(expected)
    }
  })
})

test.each(seeds)('seed %i: the sparing walks find what the definitions say', (seed) => {
  const { room, sets: all } = quarrel('12', prng(1_000 + seed))
  const keys = new Set(all.flatMap((set) => [...set.keys()]))
  const sets = distinctSets(all, keys)
  if (sets.length < 2) return
  const conflicts = splitConflicts(sets, keys, true)
  const graph = new AuthGraph(room.getEvent, {})
  const chains = sets.map((set) => chain(room, set.values()))
  const union = new Set(chains.flatMap((ids) => [...ids]))
  const conflicted = new Set([...conflicts.conflicted.values()].flat())

  const difference = [...union].filter((id) => !chains.every((ids) => ids.has(id)))
  const found = authDifference(graph, sets, conflicts)
  const outside = (ids: Iterable<EventId>): EventId[] => [...ids].filter((id) => !conflicted.has(id)).sort()
  expect(outside(found)).toEqual(outside(difference))

  const between = [...union].filter(
    (id) =>
      [...conflicted].some((end) => chain(room, [end]).has(id)) &&
      [...chain(room, [id])].some((ancestor) => conflicted.has(ancestor)),
  )
  expect([...conflictedSubgraph(graph, conflicts)].sort()).toEqual(between.sort())
})

/** The events themselves, and their auth chains. */
function chain(room: TestRoom, from: Iterable<EventId>): Set<EventId> {
  const seen = new Set<EventId>()
  const visit = (id: EventId): void => {
    if (seen.has(id)) return
    seen.add(id)
    for (const parent of room.getEvent(id)?.authEvents ?? []) visit(parent)
  }
  for (const id of from) visit(id)
  return seen
}
