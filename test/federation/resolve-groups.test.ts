/** The state of a room, resolved from stored groups by what differs in them: the same as from whole states. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pick, prng, quarrel } from '../../src-main/core/state-resolution/quarrel.fixture.ts'
import { resolveByTheBook } from '../../src-main/core/state-resolution/reference.fixture.ts'
import { key, readable, TestRoom } from '../../src-main/core/state-resolution/room.fixture.ts'
import { stateKeyOf } from '../../src-main/core/types.ts'
import type {
  EventId,
  Pdu,
  RoomVersionId,
  ServerName,
  StateMap,
  StateMapKey,
} from '../../src-main/core/types.ts'
import { createContext, type RoomsContext } from '../../src-main/rooms/context.ts'
import type { RoomStore, StateGroupId } from '../../src-main/rooms/ports.ts'
import { resolveGroups } from '../../src-main/rooms/room-state.ts'
import { openMemoryDatabase, type Database } from '../../src-main/storage/database.ts'
import { createRoomStore } from '../../src-main/storage/room-store.ts'
import { Logger } from '../../src-main/trace/log.ts'
import { FakeClock } from '../harness/clock.ts'

let db: Database
let store: RoomStore
let ctx: RoomsContext
let loaded: number

beforeEach(() => {
  db = openMemoryDatabase()
  store = createRoomStore(db, 'here.example' as ServerName)
  const clock = new FakeClock()
  loaded = 0
  const counting = new Proxy(store, {
    get(target, name, receiver) {
      if (name === 'getEvent') loaded++
      return Reflect.get(target, name, receiver) as unknown
    },
  })
  // What the use cases beside this one need is not here.
  ctx = createContext({ store: counting, clock, log: new Logger(clock) } as unknown as RoomsContext)
})
afterEach(() => db.close())

function put(pdu: Pdu, status: 'accepted' | 'rejected' = 'accepted'): void {
  const reference = (id: EventId) => (['1', '2'].includes(pdu.roomVersion) ? [id, {}] : id)
  store.insertEvent({
    pdu: {
      ...pdu,
      json: {
        type: pdu.type,
        sender: pdu.sender,
        room_id: pdu.roomId,
        content: pdu.content,
        depth: pdu.depth,
        origin_server_ts: pdu.originServerTs,
        auth_events: pdu.authEvents.map(reference),
        prev_events: pdu.prevEvents.map(reference),
        ...(pdu.stateKey === undefined ? {} : { state_key: pdu.stateKey }),
      },
    },
    status,
    reason: undefined,
    stateBefore: undefined,
    stateAfter: undefined,
    streamPos: undefined,
    timelinePos: undefined,
    receivedTs: 0,
    receivedFrom: undefined,
  })
}

const seeds = Array.from({ length: 10 }, (_, index) => index + 1)

describe.each<RoomVersionId>(['1', '6', '11', '12'])('room version %s', (version) => {
  test.each(seeds)('seed %i: each state of a quarrel is what the specification says', (seed) => {
    const next = prng(20_000 + seed)
    const { room, refused } = quarrel(version, next, true)
    const { roomId } = room
    db.transaction(() => {
      for (const [id, pdu] of room.events) put(pdu, refused.has(id) ? 'rejected' : 'accepted')
    })
    const groups = new Map<EventId, StateGroupId>()
    const whole = new Map<EventId, StateMap>()
    const compare = (ids: readonly EventId[]): { group: StateGroupId; state: StateMap } => {
      const near = groups.size > 0 && next(2) === 0 ? pick(next, [...groups.values()]) : undefined
      const from = ids.map((id) => groups.get(id) ?? 0)
      const group = db.transaction(() => resolveGroups(ctx, { roomId, version }, from, near))
      const sets = ids.map((id) => whole.get(id) ?? new Map())
      const state = ids.length === 0 ? new Map() : resolveByTheBook(version, sets, room.events, refused)
      expect(readable(store.stateMap(group))).toEqual(readable(state))
      expect(store.stateMap(group).size).toBe(state.size)
      return { group, state }
    }
    for (const [id, pdu] of room.events) {
      const { group, state } = compare(pdu.prevEvents)
      const after = new Map(state)
      const change = new Map<StateMapKey, EventId>()
      if (pdu.stateKey !== undefined && !refused.has(id)) {
        after.set(stateKeyOf(pdu.type, pdu.stateKey), id)
        change.set(stateKeyOf(pdu.type, pdu.stateKey), id)
      }
      whole.set(id, after)
      groups.set(
        id,
        db.transaction(() => store.addStateGroup(roomId, group, change)),
      )
    }
    for (let round = 0; round < 10; round++)
      compare(Array.from({ length: 2 + next(4) }, () => pick(next, [...groups.keys()])))
  })
})

test('who changes their name again and again on a fork does not have a large room read each time', () => {
  const alice = '@alice:a.example'
  const room = new TestRoom('11')
  const last = room.begin({ creator: alice })
  const begun = room.state(last)
  const auth = ['m.room.create', 'm.room.power_levels', 'm.room.join_rules'].flatMap(
    (type) => begun.get(key(type)) ?? [],
  )
  const state = new Map(begun)
  const member = (stateKey: string, cites: readonly EventId[], displayname: string): EventId =>
    room.addAt(state, [last], {
      type: 'm.room.member',
      sender: stateKey,
      stateKey,
      content: { membership: 'join', displayname },
      auth: cites,
    })
  const users = Array.from({ length: 2_000 }, (_, index) => `@user${index}:x.example`)
  for (const user of users) state.set(key('m.room.member', user), member(user, auth, 'one of many'))
  const mallory = users[7] ?? ''
  const own = key('m.room.member', mallory)
  const renamed = [1, 2, 3].map((round) => {
    const first = member(mallory, [...auth, ...[state.get(own) ?? []].flat()], `first ${round}`)
    return member(mallory, [...auth, first], `second ${round}`)
  })
  const { roomId } = room
  db.transaction(() => {
    for (const pdu of room.events.values()) put(pdu)
  })
  const everybody = db.transaction(() => store.putStateMap(roomId, state, undefined))
  const cost = renamed.map((id) => {
    loaded = 0
    db.transaction(() => {
      const group = store.addStateGroup(roomId, everybody, new Map([[own, id]]))
      const result = resolveGroups(ctx, { roomId, version: '11' }, [everybody, group])
      expect(store.stateMap(result).get(own)).toBe(id)
    })
    return loaded
  })
  expect(cost[0]).toBeGreaterThan(2_000)
  expect(cost[1]).toBeLessThan(50)
  expect(cost[2]).toBeLessThan(50)
})
