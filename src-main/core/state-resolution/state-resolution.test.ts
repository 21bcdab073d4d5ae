import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ROOM_VERSIONS, roomVersionRules } from '../room-versions.ts'
import type { EventId, Pdu, StateMap } from '../types.ts'
import { resolveState } from './index.ts'
import type { ResolutionStep } from './index.ts'
import { key, TestRoom } from './room.fixture.ts'

const [alice, bob, carol, dave] = [
  '@alice:a.example',
  '@bob:b.example',
  '@carol:c.example',
  '@dave:d.example',
]
const sinceV2 = ROOM_VERSIONS.filter((version) => version !== '1')

describe('equal sets', () => {
  test('are answered without loading an event', () => {
    const room = new TestRoom('12')
    const state = room.state(room.begin({ creator: alice, members: [bob] }))
    const never = (): Pdu | undefined => expect.fail('loaded an event')
    expect(resolveState('12', [state, state, new Map(state)], never)).toBe(state)
    expect(resolveState('12', [], never)).toEqual(new Map())
  })
})

describe.each(ROOM_VERSIONS)('room version %s', (version) => {
  test('what is in one set only, and allowed, is kept', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice, members: [bob] })
    const left = room.topic(start, alice, 'hello')
    const right = room.join(start, carol)
    const state = room.resolve(left, right)
    expect(state.get(key('m.room.topic'))).toBe(left)
    expect(room.membership(state, carol)).toBe('join')
    expect(room.resolve(right, left)).toEqual(state)
  })

  test('events that are not known take no part', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice, members: [bob] })
    const unknown = new Map(room.state(start)).set(key('m.room.topic'), '$gone' as EventId)
    const left = room.topic(start, alice, 'hello')
    const sets: StateMap[] = [unknown, room.state(left)]
    const expected = room.state(left)
    expect(resolveState(version, sets, room.getEvent)).toEqual(expected)
    expect(resolveState(version, sets.toReversed(), room.getEvent)).toEqual(expected)
    // To version 1, what only one set has is no conflict, so nothing looks at it.
    const alone = resolveState(version, [unknown, room.state(start)], room.getEvent)
    expect(alone.has(key('m.room.topic'))).toBe(version === '1')
  })
})

describe.each(sinceV2)('room version %s', (version) => {
  test('a ban wins over what the banned user does meanwhile', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice, members: [bob, carol], users: { [bob]: 50 } })
    const ban = room.member(start, alice, bob, 'ban', { ts: 9_000 })
    const rename = room.join(start, bob, { content: { displayname: 'Robert' }, ts: 5_000 })
    const topic = room.topic(rename, bob, 'bob was here', { ts: 9_999 })
    const state = room.resolve(ban, topic)
    expect(room.membership(state, bob)).toBe('ban')
    expect(state.has(key('m.room.topic'))).toBe(false)
    expect(room.resolve(topic, ban)).toEqual(state)
  })

  test('a ban wins over a join that was prepared before it', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice })
    const ban = room.member(start, alice, bob, 'ban')
    const join = room.join(start, bob, { ts: 1 })
    expect(room.membership(room.resolve(join, ban), bob)).toBe('ban')
  })

  test('of two changes of power levels, the more powerful sender’s is applied first', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice, members: [bob, carol], users: { [bob]: 50 } })
    const privileged = roomVersionRules(version).privilegedCreators
    const own = privileged ? {} : { [alice]: 100 }
    const demotion = room.powerLevels(start, alice, own, { ts: 9_000 })
    const promotion = room.powerLevels(start, bob, { ...own, [bob]: 50, [carol]: 50 }, { ts: 2_000 })
    const kick = room.member(promotion, carol, dave, 'ban')
    const state = room.resolve(demotion, kick)
    expect(state.get(key('m.room.power_levels'))).toBe(demotion)
    expect(room.membership(state, dave)).toBe('leave')
  })

  test('a demoted moderator’s later ban falls, one made in the same fork before it stands', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice, members: [bob, carol, dave], users: { [bob]: 50 } })
    const own = roomVersionRules(version).privilegedCreators ? {} : { [alice]: 100 }
    const banned = room.member(start, bob, dave, 'ban')
    const demotion = room.powerLevels(banned, alice, own)
    const late = room.member(banned, bob, carol, 'ban')
    const state = room.resolve(demotion, late)
    expect(room.membership(state, carol)).toBe('join')
    expect(room.membership(state, dave)).toBe('ban')
  })

  test('topics are ordered by the power levels they rest on, then by time, then by id', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice, members: [bob], users: { [bob]: 50 } })
    const own = roomVersionRules(version).privilegedCreators ? {} : { [alice]: 100 }
    const stale = room.topic(start, bob, 'old authority, late clock', { ts: 99_000 })
    const power = room.powerLevels(start, alice, { ...own, [bob]: 51 })
    const fresh = room.topic(power, alice, 'new authority', { ts: 2_000 })
    expect(room.resolve(stale, fresh).get(key('m.room.topic'))).toBe(fresh)

    const [early, late] = [
      room.topic(power, bob, 'early', { ts: 3_000 }),
      room.topic(power, alice, 'late', { ts: 4_000 }),
    ]
    expect(room.resolve(late, early).get(key('m.room.topic'))).toBe(late)
    const [a, b] = ['$t1', '$t2'].map((id) => room.topic(power, bob, id, { ts: 5_000, id }))
    expect(room.resolve(b as EventId, a as EventId).get(key('m.room.topic'))).toBe('$t2')
  })

  test('a room that was closed stays closed to those who joined in another fork', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice, members: [bob] })
    const closed = room.joinRules(start, alice, 'invite', { ts: 5_000 })
    const join = room.join(start, carol, { ts: 6_000 })
    const state = room.resolve(closed, join)
    expect(state.get(key('m.room.join_rules'))).toBe(closed)
    expect(room.membership(state, carol)).toBe('leave')
  })

  test('auth events that were rejected authorise nothing', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice })
    const forged = room.powerLevels(start, dave, { [bob]: 100 })
    const before = new Map(room.state(start))
    const ghost = room.addAt(before, [start], {
      type: 'm.room.member',
      sender: bob,
      stateKey: bob,
      content: { membership: 'join' },
    })
    const topic = room.addAt(room.state(ghost), [ghost], {
      type: 'm.room.topic',
      sender: bob,
      stateKey: '',
      auth: ['$create' as EventId, forged, ghost],
    })
    // Neither set has power levels, so they can only come from the topic's auth events.
    const withTopic = new Map(before).set(key('m.room.topic'), topic)
    withTopic.delete(key('m.room.power_levels'))
    const without = new Map(before)
    without.delete(key('m.room.power_levels'))
    const resolve = (rejected: readonly EventId[]): StateMap =>
      resolveState(version, [withTopic, without], room.getEvent, {
        isRejected: (id) => rejected.includes(id),
      })
    expect(resolve([]).get(key('m.room.topic'))).toBe(topic)
    expect(resolve([forged]).has(key('m.room.topic'))).toBe(false)
  })

  test('every step is told, in order', () => {
    const room = new TestRoom(version)
    const start = room.begin({ creator: alice, members: [bob], users: { [bob]: 50 } })
    const ban = room.member(start, alice, bob, 'ban')
    const topic = room.topic(start, bob, 'x')
    const steps: ResolutionStep[] = []
    const state = resolveState(version, [room.state(ban), room.state(topic)], room.getEvent, {
      onStep: (step) => steps.push(step),
    })
    expect(steps.map(({ step }) => step)).toEqual([
      'conflicts',
      'full-conflicted-set',
      'power-ordering',
      'check',
      ...(steps.length > 7 ? ['check'] : []),
      'mainline',
      'check',
      'result',
    ])
    const refused = steps.find((step) => step.step === 'check' && step.eventId === topic)
    expect(refused).toMatchObject({ phase: 'mainline', decision: { verdict: 'reject' } })
    expect(steps.at(-1)).toEqual({ step: 'result', state })
  })
})

describe('room version 12', () => {
  test('no creator can be demoted by another’s fork, and every creator is above all others', () => {
    const room = new TestRoom('12')
    const start = room.begin({
      creator: alice,
      additionalCreators: [bob],
      members: [bob, carol],
      users: { [carol]: 100 },
    })
    const byAdmin = room.powerLevels(start, carol, { [carol]: 100, [dave]: 100 }, { ts: 1 })
    const byCreator = room.powerLevels(start, bob, { [carol]: 0 }, { ts: 9_000 })
    const takeover = room.member(byAdmin, carol, dave, 'ban', { ts: 2 })
    const state = room.resolve(takeover, byCreator)
    expect(state.get(key('m.room.power_levels'))).toBe(byCreator)
    expect(room.membership(state, dave)).toBe('leave')
  })

  test('of two creators’ changes the later one stands', () => {
    const room = new TestRoom('12')
    const start = room.begin({ creator: alice, additionalCreators: [bob], members: [bob, carol] })
    const first = room.powerLevels(start, bob, { [carol]: 10 }, { ts: 5_000 })
    const second = room.powerLevels(start, alice, { [carol]: 20 }, { ts: 6_000 })
    for (const heads of [
      [first, second],
      [second, first],
    ] as const) {
      expect(room.resolve(...heads).get(key('m.room.power_levels'))).toBe(second)
    }
  })
})

/** A faulty server's view lacks a member who joined before the room was closed. */
function lostMember(version: '11' | '12'): { room: TestRoom; state: StateMap } {
  const room = new TestRoom(version)
  const start = room.begin({ creator: alice, members: [bob, carol] })
  const closed = room.joinRules(start, alice, 'invite')
  const faulty = new Map(room.state(closed))
  faulty.delete(key('m.room.member', bob))
  return { room, state: resolveState(version, [room.state(closed), faulty], room.getEvent) }
}

test('v2.1 starts from an empty state, so that what was right when it was sent is not undone', () => {
  const v2 = lostMember('11')
  expect(v2.room.membership(v2.state, bob)).toBe('leave')
  const v21 = lostMember('12')
  expect(v21.room.membership(v21.state, bob)).toBe('join')
})

/** Power levels 1 -> 2 -> 3; one view fell back to 1, and all views hold something that rests on 2. */
function powerReset(version: '11' | '12'): { room: TestRoom; state: StateMap; latest: EventId } {
  const room = new TestRoom(version)
  const own: { [user: string]: number } = version === '12' ? {} : { [alice]: 100 }
  const start = room.begin({ creator: alice, members: [bob] })
  const first = room.state(start).get(key('m.room.power_levels')) as EventId
  const second = room.powerLevels(start, alice, { ...own, [bob]: 50 })
  const topic = room.topic(second, bob, 'rests on the second')
  const latest = room.powerLevels(topic, bob, { ...own, [bob]: 50, [carol]: 10 })
  const fallen = new Map(room.state(latest)).set(key('m.room.power_levels'), first)
  return { room, latest, state: resolveState(version, [room.state(latest), fallen], room.getEvent) }
}

test('v2.1 replays the events between conflicted ones, so that power levels do not fall back', () => {
  const v2 = powerReset('11')
  expect(v2.state.get(key('m.room.power_levels'))).not.toBe(v2.latest)
  const v21 = powerReset('12')
  expect(v21.state.get(key('m.room.power_levels'))).toBe(v21.latest)
})

describe('room version 1', () => {
  test('goes by depth and the hash of the id, and stops at the first refusal', () => {
    const room = new TestRoom('1')
    const start = room.begin({ creator: alice, members: [bob], users: { [bob]: 50 } })
    const shallow = room.topic(start, alice, 'shallow', { depth: 50 })
    const deep = room.topic(start, bob, 'deep', { depth: 60 })
    expect(room.resolve(deep, shallow).get(key('m.room.topic'))).toBe(deep)
    // At one depth the hashes of the ids decide, which the order of sets must not change.
    const [a, b] = ['$a', '$b'].map((id) => room.topic(start, alice, id, { depth: 70, id }))
    const sha1 = (id: string): string => createHash('sha1').update(id).digest('hex')
    const lowest = sha1('$a') < sha1('$b') ? '$a' : '$b'
    expect(room.resolve(a as EventId, b as EventId).get(key('m.room.topic'))).toBe(lowest)
    expect(room.resolve(b as EventId, a as EventId).get(key('m.room.topic'))).toBe(lowest)

    const ban = room.member(start, alice, bob, 'ban', { depth: 40 })
    const rejoin = room.join(start, bob, { depth: 80 })
    expect(room.membership(room.resolve(rejoin, ban), bob)).toBe('ban')
  })

  test('a key that one set lacks is no conflict', () => {
    const room = new TestRoom('1')
    const start = room.begin({ creator: alice })
    const ban = room.member(start, alice, bob, 'ban')
    const lacking = new Map(room.state(ban))
    lacking.delete(key('m.room.create'))
    const steps: ResolutionStep[] = []
    resolveState('1', [lacking, room.state(start)], room.getEvent, { onStep: (step) => steps.push(step) })
    expect(steps[0]).toMatchObject({ step: 'conflicts', conflicted: new Map() })
  })
})
