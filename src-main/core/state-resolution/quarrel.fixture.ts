/** Rooms in which everybody quarrels, from a seed. For tests. */
import type { EventId, RoomVersionId, StateMap } from '../types.ts'
import { resolveState } from './index.ts'
import { TestRoom } from './room.fixture.ts'

const users = ['a', 'b', 'c', 'd', 'e'].map((name) => `@${name}:${name}.example`)
export type Prng = (below: number) => number

/** mulberry32 */
export function prng(seed: number): Prng {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

export function pick<T>(next: Prng, list: readonly T[]): T {
  const item = list[next(list.length)]
  if (item === undefined) throw new Error('the list is empty')
  return item
}

export function shuffled<T>(next: Prng, list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: next(2 ** 30) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/**
 * A room in which everyone quarrels on several forks. Returns the states to resolve.
 *
 * @param lies servers also send what cites other auth events than it should, and what the rules refuse: of these,
 * the latter are `refused`.
 */
export function quarrel(
  version: RoomVersionId,
  next: Prng,
  lies = false,
): { room: TestRoom; sets: StateMap[]; refused: Set<EventId> } {
  const refused = new Set<EventId>()
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
    const draft = { ...pick(next, drafts), ...timing }
    if (lies && next(5) === 0) {
      const id = room.addAt(before, prev, { ...draft, auth: staleAuth(room, next) })
      const isRefused = !room.allowed(id, before)
      if (isRefused) {
        refused.add(id)
        room.stateAfter.set(id, before)
      } else heads = [...heads, id].slice(-6)
      continue
    }
    const id = room.addAt(before, prev, draft)
    if (!room.allowed(id, before)) {
      room.events.delete(id)
      room.stateAfter.delete(id)
      continue
    }
    // Some predecessors stay extremities, which makes forks.
    heads = [...heads.filter((head) => !prev.includes(head) || next(3) === 0), id].slice(-6)
  }
  return { room, sets: heads.map((id) => room.state(id)), refused }
}

/** What the state was some time ago, or at the same time elsewhere; refused events among it. */
function staleAuth(room: TestRoom, next: Prng): EventId[] {
  const state = room.state(pick(next, [...room.events.keys()]))
  const some = [...state.values()].filter(() => next(3) > 0)
  if (next(4) === 0) some.push(pick(next, [...room.events.keys()]))
  return shuffled(next, [...new Set(some)]).slice(0, 8)
}
