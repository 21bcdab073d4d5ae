/** Whether another server has somebody in a state: what decides of the history that it may see. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pick, prng } from '../../src-main/core/state-resolution/quarrel.fixture.ts'
import { stateKeyOf } from '../../src-main/core/types.ts'
import type { EventId, RoomId, ServerName, StateMapKey } from '../../src-main/core/types.ts'
import { createContext, type RoomsContext } from '../../src-main/rooms/context.ts'
import type { RoomStore, StateGroupId, StoredEvent } from '../../src-main/rooms/ports.ts'
import { serverMembership } from '../../src-main/rooms/visibility.ts'
import { openMemoryDatabase, type Database } from '../../src-main/storage/database.ts'
import { createRoomStore } from '../../src-main/storage/room-store.ts'
import { Logger } from '../../src-main/trace/log.ts'
import { FakeClock } from '../harness/clock.ts'

const roomId = '!room:here.example' as RoomId
const servers = ['a', 'b', 'c'].map((name) => `${name}.example` as ServerName)
let db: Database
let store: RoomStore
let ctx: RoomsContext

beforeEach(() => {
  db = openMemoryDatabase()
  store = createRoomStore(db, 'here.example' as ServerName)
  // The id of an event says what it is.
  const getEvent = (id: EventId) =>
    ({ pdu: { content: { membership: id.slice(1).split(' ')[0] } } }) as unknown as StoredEvent
  const clock = new FakeClock()
  const parts = { store: { ...store, getEvent }, clock, log: new Logger(clock) }
  ctx = createContext(parts as unknown as RoomsContext)
})
afterEach(() => db.close())

const member = (user: string): StateMapKey => stateKeyOf('m.room.member', user)

test.each([1, 2, 3, 4])('seed %i: it is told of each state as if it were looked at alone', (seed) => {
  const next = prng(seed)
  const groups: StateGroupId[] = [0]
  for (let n = 0; n < 300; n++) {
    const user = `@${next(3)}:${pick(next, servers)}`
    const membership = pick(next, ['join', 'invite', 'leave', 'ban'])
    const change: [StateMapKey, EventId | undefined] =
      next(3) === 0
        ? [stateKeyOf('m.room.topic', ''), `$topic ${n}` as EventId]
        : [member(user), next(9) === 0 ? undefined : (`$${membership} ${n}` as EventId)]
    const base = next(20) === 0 ? 0 : pick(next, groups.slice(-4))
    groups.push(db.transaction(() => store.addStateGroup(roomId, base, new Map([change]))))
  }
  for (let n = 0; n < 1_000; n++) {
    const [group, server] = [pick(next, groups), pick(next, servers)]
    const all = [...store.stateMap(group)].flatMap(([at, id]) =>
      [0, 1, 2].some((user) => at === member(`@${user}:${server}`)) ? [id.slice(1).split(' ')[0]] : [],
    )
    const best = all.includes('join') ? 'join' : all.includes('invite') ? 'invite' : 'none'
    expect(serverMembership(ctx, server, group)).toBe(best)
  }
})

test('many states of a large room take little more than one of them', () => {
  const state = new Map<StateMapKey, EventId>()
  for (let n = 0; n < 10_000; n++) state.set(member(`@${n}:x${n % 50}.example`), `$join ${n}` as EventId)
  const groups: StateGroupId[] = []
  db.transaction(() => {
    let group = store.putStateMap(roomId, state)
    for (let n = 0; n < 200; n++) {
      group = store.addStateGroup(
        roomId,
        group,
        new Map([[member(`@${n}:y.example`), `$join y${n}` as EventId]]),
      )
      groups.push(group)
    }
  })
  const timed = (some: readonly StateGroupId[]): number => {
    const began = performance.now()
    for (const group of some) expect(serverMembership(ctx, 'a.example' as ServerName, group)).toBe('none')
    return performance.now() - began
  }
  const one = timed(groups.slice(0, 1))
  expect(timed(groups.slice(1))).toBeLessThan(one * 25)
})
