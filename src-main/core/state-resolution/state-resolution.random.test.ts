import { describe, expect, test } from 'vitest'
import { ROOM_VERSIONS } from '../room-versions.ts'
import type { EventId, RoomVersionId, StateMap, StateMapKey } from '../types.ts'
import { AuthGraph } from './auth-graph.ts'
import { distinctSets, splitConflicts } from './conflicts.ts'
import { authDifference, conflictedSubgraph } from './full-conflicted-set.ts'
import { resolveDifferences, resolveState } from './index.ts'
import { readable, TestRoom } from './room.fixture.ts'

const users = ['a', 'b', 'c', 'd', 'e'].map((name) => `@${name}:${name}.example`)
const seeds = Array.from({ length: 25 }, (_, index) => index + 1)

type Prng = (below: number) => number

/** mulberry32 */
function prng(seed: number): Prng {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

function pick<T>(next: Prng, list: readonly T[]): T {
  const item = list[next(list.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function shuffled<T>(next: Prng, list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: next(2 ** 30) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** A room in which everyone quarrels on several forks. Returns the states to resolve. */
function quarrel(version: RoomVersionId, next: Prng): { room: TestRoom; sets: StateMap[] } {
  const room = new TestRoom(version)
  const [creator = ''] = users
  let heads = [room.begin({ creator, members: users.slice(1, 4), users: { [users[1] ?? '']: 50 } })]
  for (let step = 0; step < 60; step++) {
    const prev = shuffled(next, heads).slice(0, 1 + next(Math.min(heads.length, 3)))
    const sender = pick(next, users)
    const target = pick(next, users)
    const ts = next(3) === 0 ? 1_000 + next(50) : undefined
    const timing = ts === undefined ? {} : { ts }
    const before = resolveState(
      version,
      prev.map((id) => room.state(id)),
      room.getEvent,
    )
    const levels = Object.fromEntries(
      users
        .filter((user) => version !== '12' || user !== creator)
        .map((user) => [user, pick(next, [0, 0, 50, 100])]),
    )
    const drafts = [
      {
        type: 'm.room.member',
        sender,
        stateKey: sender,
        content: { membership: pick(next, ['join', 'leave']) },
      },
      {
        type: 'm.room.member',
        sender,
        stateKey: target,
        content: { membership: pick(next, ['ban', 'leave', 'invite']) },
      },
      { type: 'm.room.power_levels', sender, stateKey: '', content: { users: levels } },
      {
        type: 'm.room.join_rules',
        sender,
        stateKey: '',
        content: { join_rule: pick(next, ['public', 'invite']) },
      },
      { type: 'm.room.topic', sender, stateKey: '', content: {} },
      { type: 'm.room.name', sender, stateKey: '', content: {} },
    ]
    const id = room.addAt(before, prev, { ...pick(next, drafts), ...timing })
    if (!room.allowed(id, before)) {
      room.events.delete(id)
      room.stateAfter.delete(id)
      continue
    }
    // Some predecessors stay extremities, which makes forks.
    heads = [...heads.filter((head) => !prev.includes(head) || next(3) === 0), id].slice(-6)
  }
  return { room, sets: heads.map((id) => room.state(id)) }
}

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
