import { expect, test } from 'vitest'
import { stateKeyOf, type EventId, type UserId } from '../core/types.ts'
import {
  accept,
  alice,
  db,
  event,
  member,
  newRoom,
  restart,
  room,
  seeded,
  server,
  store,
} from './room-store.fixture.ts'
import { createRoomStore } from './room-store.ts'

/* Random writes, forks and rollbacks: what is remembered is what is on the disk. */

test.each([1, 2, 3])(
  'member rows and servers follow random states, forks and rollbacks (seed %i)',
  (seed) => {
    const below = seeded(seed)
    const users = Array.from({ length: 30 }, (_, n) => `@u${n}:s${n % 5}.test` as UserId)
    store.transaction(newRoom)
    const groups = [0]
    for (let step = 0; step < 250; step++) {
      const undo = below(8) === 0
      try {
        store.transaction(() => {
          const base = groups[below(4) === 0 ? below(groups.length) : groups.length - 1] ?? 0
          const delta = new Map<string, EventId | undefined>()
          for (let n = below(4); n >= 0; n--) {
            const user = users[below(users.length)] ?? alice
            const pdu = member(user, ['join', 'join', 'leave', 'ban', 'nonsense'][below(5)] ?? '')
            accept(pdu)
            delta.set(stateKeyOf('m.room.member', user), below(6) === 0 ? undefined : pdu.eventId)
          }
          const group = store.addStateGroup(room, base, delta)
          store.setCurrentState(room, group)
          if (undo) throw new Error('undo')
          groups.push(group)
        })
      } catch (error) {
        expect(String(error)).toContain('undo')
      }
      if (step % 50 === 0) restart()
      const expected = new Map<string, string>()
      const servers = new Set<string>()
      for (const eventId of store.currentStateMap(room).values()) {
        const pdu = store.getEvent(eventId)?.pdu
        const membership = pdu?.content['membership'] as string
        if (membership === 'nonsense') continue
        expected.set(String(pdu?.stateKey), membership)
        if (membership === 'join') servers.add(String(pdu?.stateKey).split(':')[1] ?? '')
      }
      expect(new Map(store.members(room).map((row) => [row.userId, row.membership]))).toEqual(expected)
      expect(store.joinedServers(room).toSorted()).toEqual([...servers].toSorted())
      const joined = store.members(room, 'join').map((row) => row.userId)
      expect(users.filter((user) => store.roomsJoinedBy(user).length === 1).toSorted()).toEqual(
        joined.toSorted(),
      )
    }
  },
)

test('what is remembered of a room is what is on disk, whatever was undone in between', () => {
  const next = seeded(7)
  store.transaction(() => newRoom())
  const ids: EventId[] = []
  for (let n = 0; n < 60; n++) {
    const pdu = event({ depth: next(50) })
    const write = (): void => {
      accept(pdu)
      const ends = [pdu.eventId, ...ids.filter(() => next(4) === 0)].slice(0, 1 + next(3))
      store.setForwardExtremities(room, ends)
      if (next(4) === 0) throw new Error('undone')
    }
    try {
      store.transaction(() => (next(2) === 0 ? store.transaction(write) : write()))
      ids.push(pdu.eventId)
    } catch (error) {
      expect(String(error)).toContain('undone')
    }
    const fresh = createRoomStore(db, server)
    expect(store.forwardExtremities(room)).toEqual(fresh.forwardExtremities(room))
    expect(store.highestTimelinePos(room)).toBe(fresh.highestTimelinePos(room))
    expect(store.maxStreamPos()).toBe(fresh.maxStreamPos())
    expect(store.getEvent(pdu.eventId)).toEqual(fresh.getEvent(pdu.eventId))
  }
})
