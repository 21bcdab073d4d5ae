import { expect, test } from 'vitest'
import { TestRoom } from './auth/test-room.ts'
import { ROOM_VERSIONS } from './room-versions.ts'
import type { JsonObject, RoomVersionId } from './types.ts'

const creator = '@creator:hs1'
const alice = '@alice:hs2'
const bob = '@bob:hs3'

/** v1 to v5 have a rule more in front (aliases), v12 another (the room id). */
const shifted = (version: RoomVersionId) => Number(version) <= 5 || version === '12'
/** The number of a rule of v6 (a top-level one after the third) in `version`. */
const n = (version: RoomVersionId, rule: number) => String(rule + (shifted(version) ? 1 : 0))
/** The number of a step of the member rule, given as v7 has it. */
const m = (version: RoomVersionId, step: number, rest: string) =>
  `${n(version, 4)}.${step + (Number(version) >= 8 ? 1 : 0)}${rest}`
/** Step of the power level rule, counted from its "no previous event". */
const p = (version: RoomVersionId, step: number, rest = '.1') => {
  const first = Number(version) >= 12 ? 5 : Number(version) >= 10 ? 4 : 2
  return `${n(version, 9)}.${first + step}${rest}`
}

const message = (sender: string) => ({ type: 'm.room.message', sender, content: { body: 'x' } })
const member = (user: string, membership: string, sender = user, content: JsonObject = {}) => ({
  type: 'm.room.member',
  stateKey: user,
  sender,
  content: { membership, ...content },
})
const from = (v: number) => ROOM_VERSIONS.filter((version) => Number(version) >= v)
const upTo = (v: number) => ROOM_VERSIONS.filter((version) => Number(version) <= v)

test.each(ROOM_VERSIONS)('v%s rule 1: create events', (v) => {
  const room = new TestRoom(v)
  const create = { ...room.create }
  const empty = new TestRoom(v)
  empty.state.clear()
  expect(empty.verdict(create)).toBe('accept')
  expect(empty.verdict({ ...create, prevEvents: [create.eventId] })).toBe('1.1')
  if (v === '12') {
    expect(empty.verdict({ ...create, json: { room_id: create.roomId } })).toBe('1.2')
    const withCreators = (additional_creators: unknown) =>
      empty.verdict({ ...create, content: { additional_creators } as JsonObject })
    expect(withCreators([alice, bob])).toBe('accept')
    for (const bad of ['x', [7], ['alice'], {}, null]) expect(withCreators(bad)).toBe('1.4')
  } else {
    expect(empty.verdict({ ...create, sender: '@creator:hs2' as typeof create.sender })).toBe('1.2')
  }
  expect(empty.verdict({ ...create, content: { ...create.content, room_version: v } })).toBe('accept')
  for (const version of ['99', 7, null, 'constructor']) {
    expect(empty.verdict({ ...create, content: { ...create.content, room_version: version } })).toBe('1.3')
  }
  expect(empty.verdict({ ...create, content: {} })).toBe(Number(v) <= 10 ? '1.4' : 'accept')
  // A second create event is refused once the room has one.
  expect(
    room.verdict({
      type: 'm.room.create',
      stateKey: '',
      sender: creator,
      content: create.content,
      prevEvents: [],
    }),
  ).toBe('1')
  expect(room.verdict(create)).toBe('accept')
})

test.each(ROOM_VERSIONS)('v%s: nothing is allowed without the room’s create event', (v) => {
  const room = new TestRoom(v)
  const event = room.event(message(creator))
  room.state.delete('13:m.room.create')
  expect(room.verdict(event)).toBe(v === '12' ? '2' : '2.4')
  const other = new TestRoom(v)
  const elsewhere = {
    ...event,
    roomId: (v === '12' ? `!${'d'.repeat(43)}` : '!other:hs1') as typeof event.roomId,
  }
  expect(other.verdict(elsewhere)).toBe(v === '12' ? '2' : '2.5')
})

test.each(ROOM_VERSIONS)('v%s: m.federate', (v) => {
  const room = new TestRoom(v, { 'm.federate': false })
  expect(room.verdict(member('@local:hs1', 'join'))).toBe('accept')
  expect(room.verdict(member(alice, 'join'))).toBe(v === '12' ? '4' : '3')
})

test.each(upTo(5))('v%s rule 4: aliases', (v) => {
  const room = new TestRoom(v)
  const aliases = (stateKey?: string) => ({
    type: 'm.room.aliases',
    sender: alice,
    ...(stateKey === undefined ? {} : { stateKey }),
  })
  expect(room.verdict(aliases('hs2'))).toBe('accept')
  expect(room.verdict(aliases('hs1'))).toBe('4.2')
  expect(room.verdict(aliases())).toBe('4.1')
})

test.each(from(6))('v%s: aliases are ordinary state', (v) => {
  const room = new TestRoom(v)
  expect(room.verdict({ type: 'm.room.aliases', sender: alice, stateKey: 'hs2' })).toBe(n(v, 5))
  expect(room.verdict({ type: 'm.room.aliases', sender: creator, stateKey: 'hs9' })).toBe('accept')
})

test.each(ROOM_VERSIONS)('v%s: member events need a state key and a membership', (v) => {
  const room = new TestRoom(v)
  expect(room.verdict({ type: 'm.room.member', sender: alice, content: { membership: 'join' } })).toBe(
    `${n(v, 4)}.1`,
  )
  expect(room.verdict({ type: 'm.room.member', sender: alice, stateKey: alice })).toBe(`${n(v, 4)}.1`)
  expect(room.verdict(member(alice, 'dance'))).toBe(m(v, Number(v) >= 7 ? 7 : 6, ''))
})

test.each(from(8))('v%s: who authorised a join must be a user', (v) => {
  const room = new TestRoom(v)
  expect(room.verdict(member(alice, 'join', alice, { join_authorised_via_users_server: 7 }))).toBe(
    `${n(v, 4)}.2.1`,
  )
})

test.each(ROOM_VERSIONS)('v%s: joins', (v) => {
  const room = new TestRoom(v, {}, 'invite')
  room.state.delete(`13:m.room.member${creator}`)
  // .1 The creator's first join
  const first = { ...member(creator, 'join'), prevEvents: [room.create.eventId] }
  expect(room.verdict(first)).toBe('accept')
  expect(room.verdict({ ...first, prevEvents: [room.create.eventId, '$x'] })).not.toBe('accept')
  expect(room.verdict({ ...member(alice, 'join'), prevEvents: [room.create.eventId] })).not.toBe('accept')
  // .2, .3
  room.member(bob, 'ban', creator)
  expect(room.verdict(member(alice, 'join', creator))).toBe(m(v, 2, '.2'))
  expect(room.verdict(member(bob, 'join'))).toBe(m(v, 2, '.3'))
  // .4
  const denied = m(v, 2, Number(v) >= 8 ? '.7' : '.6')
  expect(room.verdict(member(alice, 'join'))).toBe(denied)
  for (const before of ['invite', 'join']) {
    expect(room.member(alice, before).verdict(member(alice, 'join'))).toBe('accept')
  }
  for (const before of ['leave', 'knock']) {
    expect(room.member(alice, before).verdict(member(alice, 'join'))).toBe(denied)
  }
  // public
  expect(new TestRoom(v).verdict(member(alice, 'join'))).toBe('accept')
  // unknown and missing rules
  expect(new TestRoom(v, {}, 'private').member(alice, 'invite').verdict(member(alice, 'join'))).toBe(denied)
  const silent = new TestRoom(v)
  silent.state.delete('17:m.room.join_rules')
  expect(silent.verdict(member(alice, 'join'))).toBe(denied)
  expect(silent.member(alice, 'invite').verdict(member(alice, 'join'))).toBe('accept')
})

test.each(ROOM_VERSIONS)('v%s: the join rule knock, known from v7 on', (v) => {
  const room = new TestRoom(v, {}, 'knock').member(alice, 'invite')
  expect(room.verdict(member(alice, 'join'))).toBe(Number(v) >= 7 ? 'accept' : m(v, 2, '.6'))
})

test.each([
  ['restricted', 8],
  ['knock_restricted', 10],
] as const)('the join rule %s, known from v%s on', (rule, since) => {
  for (const v of ROOM_VERSIONS) {
    const room = new TestRoom(v, {}, rule).levels({ invite: 50, users: { '@mod:hs1': 50, '@gone:hs1': 50 } })
    room.member('@mod:hs1', 'join').member('@gone:hs1', 'leave').member('@user:hs1', 'join')
    const via = (user: string) => member(alice, 'join', alice, { join_authorised_via_users_server: user })
    if (Number(v) < since) {
      expect(room.verdict(via('@mod:hs1'))).toBe(m(v, 2, Number(v) >= 8 ? '.7' : '.6'))
      continue
    }
    expect(room.verdict(via('@mod:hs1'))).toBe('accept')
    expect(room.verdict(via('@user:hs1'))).toBe(m(v, 2, '.5.2'))
    expect(room.verdict(via('@gone:hs1'))).toBe(m(v, 2, '.5.2'))
    expect(room.verdict(member(alice, 'join'))).toBe(m(v, 2, '.5.2'))
    expect(room.member(alice, 'invite').verdict(member(alice, 'join'))).toBe('accept')
    expect(room.member(alice, 'ban').verdict(via('@mod:hs1'))).toBe(m(v, 2, '.3'))
  }
})

test.each(ROOM_VERSIONS)('v%s: invites', (v) => {
  const room = new TestRoom(v).levels({ invite: 10, users: v === '12' ? {} : { [creator]: 100 } })
  room.member('@user:hs1', 'join')
  expect(room.verdict(member(alice, 'invite', creator))).toBe('accept')
  expect(room.verdict(member(alice, 'invite', bob))).toBe(m(v, 3, '.2'))
  expect(room.verdict(member(alice, 'invite', '@user:hs1'))).toBe(m(v, 3, '.5'))
  expect(room.member(alice, 'join').verdict(member(alice, 'invite', creator))).toBe(m(v, 3, '.3'))
  expect(room.member(alice, 'ban').verdict(member(alice, 'invite', creator))).toBe(m(v, 3, '.3'))
  expect(room.member(alice, 'invite').verdict(member(alice, 'invite', creator))).toBe('accept')
})

test.each(ROOM_VERSIONS)('v%s: leaving, kicks and unbans', (v) => {
  const room = new TestRoom(v).levels({
    kick: 40,
    ban: 60,
    users: { ...(v === '12' ? {} : { [creator]: 100 }), '@mod:hs1': 50, '@mod2:hs1': 50, '@user:hs1': 0 },
  })
  for (const user of ['@mod:hs1', '@mod2:hs1', '@user:hs1', alice]) room.member(user, 'join')
  // .1
  expect(room.verdict(member(alice, 'leave'))).toBe('accept')
  expect(room.verdict(member(bob, 'leave'))).toBe(m(v, 4, '.1'))
  expect(room.member(bob, 'invite', alice).verdict(member(bob, 'leave'))).toBe('accept')
  expect(room.member(bob, 'ban', creator).verdict(member(bob, 'leave'))).toBe(m(v, 4, '.1'))
  expect(room.member(bob, 'knock').verdict(member(bob, 'leave'))).toBe(
    Number(v) >= 7 ? 'accept' : m(v, 4, '.1'),
  )
  // .2
  expect(room.verdict(member(alice, 'leave', '@stranger:hs1'))).toBe(m(v, 4, '.2'))
  // .3
  room.member(bob, 'ban', creator)
  expect(room.verdict(member(bob, 'leave', '@mod:hs1'))).toBe(m(v, 4, '.3'))
  expect(room.verdict(member(bob, 'leave', creator))).toBe('accept')
  // .4, .5
  expect(room.verdict(member(alice, 'leave', '@mod:hs1'))).toBe('accept')
  expect(room.verdict(member(alice, 'leave', '@user:hs1'))).toBe(m(v, 4, '.5'))
  expect(room.verdict(member('@mod2:hs1', 'leave', '@mod:hs1'))).toBe(m(v, 4, '.5'))
})

test.each(ROOM_VERSIONS)('v%s: bans', (v) => {
  const room = new TestRoom(v).levels({
    users: { ...(v === '12' ? {} : { [creator]: 100 }), '@mod:hs1': 50, '@mod2:hs1': 50 },
  })
  room.member('@mod:hs1', 'join').member('@user:hs1', 'join')
  expect(room.verdict(member(bob, 'ban', '@mod:hs1'))).toBe('accept')
  expect(room.verdict(member(bob, 'ban', '@mod2:hs1'))).toBe(m(v, 5, '.1'))
  expect(room.verdict(member(bob, 'ban', '@user:hs1'))).toBe(m(v, 5, '.3'))
  expect(room.verdict(member('@mod2:hs1', 'ban', '@mod:hs1'))).toBe(m(v, 5, '.3'))
})

test.each(ROOM_VERSIONS)('v%s: knocks, from v7 on', (v) => {
  const room = new TestRoom(v, {}, 'knock')
  if (Number(v) < 7) {
    expect(room.verdict(member(alice, 'knock'))).toBe(m(v, 6, ''))
    return
  }
  expect(room.verdict(member(alice, 'knock'))).toBe('accept')
  expect(room.verdict(member(alice, 'knock', bob))).toBe(m(v, 6, '.2'))
  for (const before of ['ban', 'invite', 'join']) {
    expect(room.member(alice, before).verdict(member(alice, 'knock'))).toBe(m(v, 6, '.4'))
  }
  expect(new TestRoom(v, {}, 'invite').verdict(member(alice, 'knock'))).toBe(m(v, 6, '.1'))
  expect(new TestRoom(v, {}, 'knock_restricted').verdict(member(alice, 'knock'))).toBe(
    Number(v) >= 10 ? 'accept' : m(v, 6, '.1'),
  )
})

test.each(ROOM_VERSIONS)('v%s: the sender must be joined, and have the level', (v) => {
  const room = new TestRoom(v).levels({
    events: { 'm.room.name': 20, 'x.secret': 30 },
    events_default: 5,
    users: { [alice]: 20, [bob]: 4 },
  })
  expect(room.verdict(message(alice))).toBe(n(v, 5))
  room.member(alice, 'join').member(bob, 'join')
  expect(room.verdict(message(alice))).toBe('accept')
  expect(room.verdict(message(bob))).toBe(n(v, 7))
  expect(room.verdict({ type: 'x.secret', sender: alice })).toBe(n(v, 7))
  expect(room.verdict({ type: 'm.room.name', stateKey: '', sender: alice })).toBe('accept')
  expect(room.verdict({ type: 'm.room.topic', stateKey: '', sender: alice })).toBe(n(v, 7))
  // Names that every object has are no levels.
  expect(room.verdict({ type: 'constructor', sender: alice })).toBe('accept')
  expect(room.verdict({ type: '__proto__', sender: alice })).toBe('accept')
})

test.each(ROOM_VERSIONS)('v%s: offering a third-party invite needs the invite level only', (v) => {
  const room = new TestRoom(v).levels({ invite: 10, users: { [alice]: 10 } })
  room.member(alice, 'join').member(bob, 'join')
  const offer = (sender: string) => ({ type: 'm.room.third_party_invite', stateKey: 't', sender })
  expect(room.verdict(offer(alice))).toBe('accept')
  expect(room.verdict(offer(bob))).toBe(`${n(v, 6)}.1`)
})

test.each(ROOM_VERSIONS)('v%s: state keys that are user ids', (v) => {
  const room = new TestRoom(v).levels({ state_default: 0 }).member(alice, 'join')
  expect(room.verdict({ type: 'x', stateKey: alice, sender: alice })).toBe('accept')
  expect(room.verdict({ type: 'x', stateKey: bob, sender: alice })).toBe(n(v, 8))
  expect(room.verdict({ type: 'x', stateKey: '@', sender: alice })).toBe(n(v, 8))
})

const levelsEvent = (sender: string, content: JsonObject) => ({
  type: 'm.room.power_levels',
  stateKey: '',
  sender,
  content,
})

test.each(ROOM_VERSIONS)('v%s: the format of power levels', (v) => {
  const room = new TestRoom(v)
  const verdict = (content: JsonObject) => room.verdict(levelsEvent(creator, content))
  const strict = Number(v) >= 10
  const number = n(v, 9)
  expect(verdict({})).toBe('accept')
  expect(verdict({ users: { [alice]: 50 }, events: { x: 1 }, notifications: { room: 50 }, ban: 1 })).toBe(
    'accept',
  )

  const users = `${number}.${strict ? 3 : 1}`
  for (const bad of [[], 'x', 7, null]) expect(verdict({ users: bad })).toBe(users)
  expect(verdict({ users: { alice: 50 } })).toBe(users)
  expect(verdict({ users: { [alice]: 'fifty' } })).toBe(users)
  expect(verdict({ users: { [alice]: null } })).toBe(users)
  expect(verdict({ users: { [alice]: '1.5' } })).toBe(users)
  expect(verdict({ users: { [alice]: ' +050 ' } })).toBe(strict ? users : 'accept')
  expect(verdict({ users: { [alice]: 50.57 } })).toBe(Number(v) <= 5 ? 'accept' : users)

  expect(verdict({ ban: '50' })).toBe(strict ? `${number}.1` : 'accept')
  expect(verdict({ ban: {} })).toBe(strict ? `${number}.1` : number)
  expect(verdict({ events: { x: '50' } })).toBe(strict ? `${number}.2` : 'accept')
  expect(verdict({ events: { x: [] } })).toBe(strict ? `${number}.2` : number)
  expect(verdict({ notifications: { room: '50' } })).toBe(strict ? `${number}.2` : 'accept')
  expect(verdict({ notifications: [] })).toBe(strict ? `${number}.2` : 'accept')
})

test.each(ROOM_VERSIONS)('v%s: changes of power levels', (v) => {
  const before: JsonObject = {
    users: { [alice]: 50, [bob]: 50, '@low:hs1': 10 },
    events: { a: 50, b: 60, 'm.room.power_levels': 50 },
    notifications: { room: 60 },
    ban: 60,
    kick: 50,
  }
  const room = new TestRoom(v).levels(before)
  room.member(alice, 'join')
  const verdict = (change: JsonObject) => room.verdict(levelsEvent(alice, { ...before, ...change }))
  const users = before['users'] as JsonObject
  const events = before['events'] as JsonObject

  expect(verdict({})).toBe('accept')
  // Named levels
  expect(verdict({ kick: 20, redact: 50, invite: 50, users_default: 50 })).toBe('accept')
  expect(verdict({ ban: 50 })).toBe(p(v, 1, '.1'))
  expect(verdict({ kick: 51 })).toBe(p(v, 1, '.2'))
  expect(verdict({ state_default: 51 })).toBe(p(v, 1, '.2'))
  // events
  expect(verdict({ events: { ...events, a: 20, c: 50 } })).toBe('accept')
  expect(verdict({ events: { ...events, b: 50 } })).toBe(p(v, 2))
  expect(verdict({ events: { a: 50, 'm.room.power_levels': 50 } })).toBe(p(v, 2))
  expect(verdict({ events: { ...events, a: 51 } })).toBe(p(v, 3))
  expect(verdict({ events: { ...events, c: 51 } })).toBe(p(v, 3))
  // notifications, from v6 on
  expect(verdict({ notifications: { room: 50 } })).toBe(Number(v) >= 6 ? p(v, 2) : 'accept')
  expect(verdict({ notifications: { room: 60, x: 51 } })).toBe(Number(v) >= 6 ? p(v, 3) : 'accept')
  // users
  expect(verdict({ users: { ...users, [alice]: 20, '@new:hs1': 50, '@low:hs1': 50 } })).toBe('accept')
  expect(verdict({ users: { ...users, [bob]: 20 } })).toBe(p(v, 4))
  expect(verdict({ users: { [alice]: 50, '@low:hs1': 10 } })).toBe(p(v, 4))
  expect(verdict({ users: { ...users, [alice]: 51 } })).toBe(p(v, 5))
  expect(verdict({ users: { ...users, '@new:hs1': 51 } })).toBe(p(v, 5))
  expect(verdict({ users: { ...users, '@low:hs1': 51 } })).toBe(p(v, 5))
  // Before v10, the same level written as a string is no change.
  if (Number(v) < 10) expect(verdict({ ban: '60', users: { ...users, [bob]: '050' } })).toBe('accept')
})

test.each(upTo(11))('v%s: without power levels the creator has 100, others 0', (v) => {
  const room = new TestRoom(v).member(alice, 'join')
  expect(room.verdict({ type: 'm.room.name', stateKey: '', sender: creator })).toBe('accept')
  expect(room.verdict({ type: 'm.room.name', stateKey: '', sender: alice })).toBe(n(v, 7))
  expect(room.verdict(message(alice))).toBe('accept')
  const withLevels = room.levels({ users: { [alice]: 100 } })
  expect(withLevels.verdict({ type: 'm.room.name', stateKey: '', sender: creator })).toBe(n(v, 7))
})

test('v11: the creator is the sender of the create event, whatever its content says', () => {
  const room = new TestRoom('11', { creator: alice }).member(alice, 'join')
  expect(room.verdict({ type: 'm.room.name', stateKey: '', sender: creator })).toBe('accept')
  expect(room.verdict({ type: 'm.room.name', stateKey: '', sender: alice })).toBe('7')
  const older = new TestRoom('10', { creator: alice }).member(alice, 'join')
  expect(older.verdict({ type: 'm.room.name', stateKey: '', sender: alice })).toBe('accept')
})

test('v12: creators are above every level, and above being named or demoted', () => {
  const room = new TestRoom('12', { additional_creators: [alice] }).levels({
    users: { [bob]: 9007199254740991 },
    events: { 'm.room.tombstone': 9007199254740991 },
  })
  room.member(alice, 'join').member(bob, 'join')
  expect(room.verdict({ type: 'm.room.tombstone', stateKey: '', sender: alice })).toBe('accept')
  expect(room.verdict(member(bob, 'ban', alice))).toBe('accept')
  // Neither others nor creators themselves have more than a creator.
  expect(room.verdict(member(alice, 'ban', bob))).toBe('5.6.3')
  expect(room.verdict(member(creator, 'leave', alice))).toBe('5.5.5')
  for (const user of [creator, alice]) {
    expect(room.verdict(levelsEvent(alice, { users: { [user]: 100 } }))).toBe('10.4')
  }
  expect(room.verdict(levelsEvent(creator, { users: { [bob]: 0 } }))).toBe('accept')
  expect(room.verdict(levelsEvent(bob, { users: { [bob]: 0 } }))).toBe('accept')
})

test('v11: additional_creators mean nothing', () => {
  const room = new TestRoom('11', { additional_creators: [alice] }).member(alice, 'join')
  expect(room.verdict({ type: 'm.room.name', stateKey: '', sender: alice })).toBe('7')
})

test('v12: additional creators still have to be invited', () => {
  const room = new TestRoom('12', { additional_creators: [alice] }, 'invite')
  const join = { ...member(alice, 'join'), prevEvents: [room.create.eventId] }
  expect(room.verdict(join)).toBe('5.3.7')
})

test.each(['1', '2'] as const)('v%s rule 11: redactions', (v) => {
  const room = new TestRoom(v)
    .levels({ users: { [alice]: 50 } })
    .member(alice, 'join')
    .member(bob, 'join')
  const redaction = (sender: string, redacts?: string) => ({
    type: 'm.room.redaction',
    sender,
    ...(redacts === undefined ? {} : { redacts }),
  })
  expect(room.verdict(redaction(alice, '$x:hs1'))).toBe('accept')
  expect(room.verdict(redaction(bob, '$x:hs3'))).toBe('accept')
  expect(room.verdict(redaction(bob, '$x:hs1'))).toBe('11.3')
  expect(room.verdict(redaction(bob))).toBe('11.3')
})

test.each(from(3))('v%s: redactions are events like any other', (v) => {
  const room = new TestRoom(v).levels({}).member(bob, 'join')
  expect(room.verdict({ type: 'm.room.redaction', sender: bob, redacts: '$x' })).toBe('accept')
})
