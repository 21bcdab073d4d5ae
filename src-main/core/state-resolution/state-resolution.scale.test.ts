import { expect, test } from 'vitest'
import type { EventId, Pdu, RoomVersionId, StateMap } from '../types.ts'
import { resolveState } from './index.ts'
import { key, TestRoom } from './room.fixture.ts'

const alice = '@alice:a.example'

/** A room whose members joined one after the other, without resolving for each. */
function crowd(version: RoomVersionId, size: number): { room: TestRoom; state: StateMap; last: EventId } {
  const room = new TestRoom(version)
  let last = room.begin({ creator: alice })
  const state = new Map(room.state(last))
  for (let i = 0; i < size; i++) {
    const stateKey = `@user${i}:x.example`
    last = room.addAt(new Map(), [last], {
      type: 'm.room.member',
      sender: stateKey,
      stateKey,
      content: { membership: 'join' },
      auth: ['m.room.create', 'm.room.power_levels', 'm.room.join_rules'].flatMap((type) => {
        const id = state.get(key(type))
        return id === undefined || (version === '12' && type === 'm.room.create') ? [] : [id]
      }),
    })
    state.set(key('m.room.member', stateKey), last)
  }
  return { room, state, last }
}

test.each(['2', '11', '12'] as const)('version %s: a thousand conflicts are quick', (version) => {
  const { room, state, last } = crowd(version, 1_000)
  const renamed = new Map(state)
  for (let i = 0; i < 1_000; i++) {
    const stateKey = `@user${i}:x.example`
    const id = room.addAt(state, [last], {
      type: 'm.room.member',
      sender: stateKey,
      stateKey,
      content: { membership: i % 3 === 0 ? 'leave' : 'join', displayname: 'x' },
    })
    renamed.set(key('m.room.member', stateKey), id)
  }
  const started = performance.now()
  const resolved = resolveState(version, [state, renamed], room.getEvent)
  expect(performance.now() - started).toBeLessThan(5_000)
  expect(resolved).toEqual(renamed)
})

test.each(['11', '12'] as const)('version %s: few conflicts in a large room load few events', (version) => {
  const { room, state, last } = crowd(version, 5_000)
  const topic = (ts: number): StateMap =>
    new Map(state).set(
      key('m.room.topic'),
      room.addAt(state, [last], { type: 'm.room.topic', sender: alice, stateKey: '', ts }),
    )
  const sets = [topic(1), topic(2), state]
  let loaded = 0
  const resolved = resolveState(version, sets, (id): Pdu | undefined => {
    loaded += 1
    return room.getEvent(id)
  })
  expect(resolved.get(key('m.room.topic'))).toBe(sets[1]?.get(key('m.room.topic')))
  expect(loaded).toBeLessThan(20)
})

test.each(['2', '12'] as const)(
  'version %s: very long auth chains do not overflow the stack',
  (version) => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice })
    const state = new Map(room.state(start))
    const levels = key('m.room.power_levels')
    const member = state.get(key('m.room.member', alice)) as EventId
    for (let i = 0; i < 20_000; i++) {
      const id = room.addAt(new Map(), [start], {
        type: 'm.room.power_levels',
        sender: alice,
        stateKey: '',
        content: { users: version === '12' ? {} : { [alice]: 100 } },
        auth: [...(version === '12' ? [] : ['$create' as EventId]), member, state.get(levels) as EventId],
      })
      state.set(levels, id)
    }
    const resolved = resolveState(version, [room.state(start), state], room.getEvent)
    expect(resolved.get(levels)).toBe(state.get(levels))
  },
  20_000,
)

test('circles of auth events end, and end the same way everywhere', () => {
  const room = new TestRoom('2')
  const start = room.begin({ creator: alice })
  const state = room.state(start)
  const member = state.get(key('m.room.member', alice)) as EventId
  const circle = ['$x', '$y', '$z'] as EventId[]
  const sets = circle.map((id, index) =>
    new Map(state).set(
      key('m.room.power_levels'),
      room.addAt(state, [start], {
        type: 'm.room.power_levels',
        sender: alice,
        stateKey: '',
        content: { users: { [alice]: 100 } },
        auth: ['$create' as EventId, member, circle[(index + 1) % 3] as EventId],
        id,
      }),
    ),
  )
  // The smallest, $x, is forced; then come those that wait for it: $z, which cites it, and $y, which cites $z.
  const resolved = resolveState('2', sets, room.getEvent)
  expect(resolved.get(key('m.room.power_levels'))).toBe('$y')
  expect(resolveState('2', sets.toReversed(), room.getEvent)).toEqual(resolved)
})
