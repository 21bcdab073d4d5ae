import { expect, test } from 'vitest'
import { referenceHash } from './hashes.ts'
import { redactJson } from './redaction.ts'
import { ROOM_VERSIONS, roomVersionRules } from './room-versions.ts'
import type { JsonObject, RoomVersionId } from './types.ts'

const upTo = (n: number): RoomVersionId[] => ROOM_VERSIONS.filter((v) => Number(v) <= n)
const from = (n: number): RoomVersionId[] => ROOM_VERSIONS.filter((v) => Number(v) >= n)

function event(type: string, content: JsonObject): JsonObject {
  return {
    event_id: '$e:hs',
    type,
    room_id: '!r:hs',
    sender: '@a:hs',
    state_key: '',
    content,
    hashes: { sha256: 'x' },
    signatures: { hs: {} },
    depth: 1,
    prev_events: [],
    prev_state: [],
    auth_events: [],
    origin: 'hs',
    origin_server_ts: 1,
    membership: 'join',
    redacts: '$x',
    unsigned: { age: 1 },
    anything: 1,
  }
}
const redactedContent = (version: RoomVersionId, type: string, content: JsonObject) =>
  redactJson(event(type, content), roomVersionRules(version))['content']

const alwaysKept = [
  'auth_events',
  'content',
  'depth',
  'event_id',
  'hashes',
  'origin_server_ts',
  'prev_events',
  'room_id',
  'sender',
  'signatures',
  'state_key',
  'type',
]

test.each(upTo(10))('v%s keeps these keys of the event', (version) => {
  const keys = Object.keys(redactJson(event('x', {}), roomVersionRules(version)))
  expect(keys.toSorted()).toEqual([...alwaysKept, 'membership', 'origin', 'prev_state'].toSorted())
})

test.each(from(11))('v%s no longer keeps membership, origin and prev_state', (version) => {
  const keys = Object.keys(redactJson(event('x', {}), roomVersionRules(version)))
  expect(keys.toSorted()).toEqual(alwaysKept)
})

const levels: JsonObject = {
  ban: 1,
  events: {},
  events_default: 1,
  kick: 1,
  redact: 1,
  state_default: 1,
  users: {},
  users_default: 1,
}
const signed: JsonObject = { mxid: '@b:hs', token: 't', signatures: {} }
const member: JsonObject = {
  membership: 'join',
  displayname: 'B',
  join_authorised_via_users_server: '@a:hs',
  third_party_invite: { signed, display_name: 'B' },
}

// [type, content, versions, what they keep]
const table: [string, JsonObject, RoomVersionId[], JsonObject][] = [
  ['m.room.message', { body: 'x', msgtype: 'm.text' }, upTo(12), {}],
  ['m.room.member', member, upTo(8), { membership: 'join' }],
  ['m.room.member', member, ['9', '10'], { membership: 'join', join_authorised_via_users_server: '@a:hs' }],
  [
    'm.room.member',
    member,
    from(11),
    { membership: 'join', join_authorised_via_users_server: '@a:hs', third_party_invite: { signed } },
  ],
  ['m.room.create', { creator: '@a:hs', 'm.federate': false }, upTo(10), { creator: '@a:hs' }],
  [
    'm.room.create',
    { creator: '@a:hs', 'm.federate': false },
    from(11),
    { creator: '@a:hs', 'm.federate': false },
  ],
  ['m.room.join_rules', { join_rule: 'restricted', allow: [], x: 1 }, upTo(7), { join_rule: 'restricted' }],
  [
    'm.room.join_rules',
    { join_rule: 'restricted', allow: [], x: 1 },
    from(8),
    { join_rule: 'restricted', allow: [] },
  ],
  ['m.room.power_levels', { ...levels, invite: 1, notifications: {} }, upTo(10), levels],
  ['m.room.power_levels', { ...levels, invite: 1, notifications: {} }, from(11), { ...levels, invite: 1 }],
  ['m.room.aliases', { aliases: ['#a:hs'], x: 1 }, upTo(5), { aliases: ['#a:hs'] }],
  ['m.room.aliases', { aliases: ['#a:hs'], x: 1 }, from(6), {}],
  [
    'm.room.history_visibility',
    { history_visibility: 'shared', x: 1 },
    upTo(12),
    { history_visibility: 'shared' },
  ],
  ['m.room.redaction', { redacts: '$x', reason: 'r' }, upTo(10), {}],
  ['m.room.redaction', { redacts: '$x', reason: 'r' }, from(11), { redacts: '$x' }],
]

test.each(
  table.flatMap(([type, content, versions, kept]) => versions.map((v) => ({ v, type, content, kept }))),
)('v$v keeps $kept of $type', ({ v, type, content, kept }) => {
  expect(redactedContent(v, type, content)).toEqual(kept)
})

test.each(ROOM_VERSIONS)('v%s: redacting twice is redacting once, and the id stays', (version) => {
  const rules = roomVersionRules(version)
  const whole = event('m.room.member', member)
  const redacted = redactJson(whole, rules)
  expect(redactJson(redacted, rules)).toEqual(redacted)
  expect(referenceHash(redacted, rules)).toEqual(referenceHash(whole, rules))
})

test('the input is not changed, and content that is no object becomes one', () => {
  const json = event('m.room.message', { body: 'x' })
  const before = structuredClone(json)
  redactJson(json, roomVersionRules('11'))
  expect(json).toEqual(before)
  expect(redactJson({ type: 'x', content: [] }, roomVersionRules('11'))).toEqual({ type: 'x', content: {} })
})

test('keys that objects inherit are not kept', () => {
  const redacted = redactJson(
    { type: 'm.room.member', content: { third_party_invite: 'x' } },
    roomVersionRules('12'),
  )
  expect(redacted).toEqual({ type: 'm.room.member', content: {} })
  expect(redactJson({ type: 'constructor', content: {} }, roomVersionRules('1'))).toEqual({
    type: 'constructor',
    content: {},
  })
})
