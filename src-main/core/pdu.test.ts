import { beforeAll, expect, test } from 'vitest'
import { verifyContentHash } from './hashes.ts'
import { buildPdu, eventIdOf, InvalidPduError, parsePdu, type PduDraft } from './pdu.ts'
import { redactPdu } from './redaction.ts'
import { ROOM_VERSIONS, roomVersionRules } from './room-versions.ts'
import { createSigner, requiredSigners, signaturesReady, verifyPduSignature } from './signatures.ts'
import type {
  EventId,
  Json,
  JsonObject,
  KeyId,
  Pdu,
  RoomId,
  RoomVersionId,
  ServerName,
  Signer,
  UserId,
} from './types.ts'

let signer: Signer
beforeAll(async () => {
  await signaturesReady()
  signer = createSigner('hs1' as ServerName, 'ed25519:a' as KeyId, new Uint8Array(32).fill(1))
})

const hash43 = 'A'.repeat(43)
function draft(version: RoomVersionId, change: Partial<PduDraft> = {}): PduDraft {
  return {
    roomId: (version === '12' ? `!${hash43}` : '!room:hs1') as RoomId,
    type: 'm.room.message',
    sender: '@alice:hs1' as UserId,
    content: { body: 'hello' },
    authEvents: ['$auth:hs1' as EventId],
    prevEvents: ['$prev:hs1' as EventId],
    depth: 5,
    originServerTs: 1_700_000_000_000,
    ...change,
  }
}

/** A valid event with some top-level keys replaced (undefined removes). Signatures are not checked by `parsePdu`. */
function changed(version: RoomVersionId, change: { [key: string]: Json | undefined }): JsonObject {
  const json = { ...buildPdu(draft(version), version, signer).json }
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) delete json[key]
    else json[key] = value
  }
  return json
}
function refusal(version: RoomVersionId, json: unknown): string {
  const parsed = parsePdu(json, version)
  return parsed.ok ? 'accepted' : parsed.reason
}

test.each(ROOM_VERSIONS)('v%s: what is built can be parsed again, is hashed and signed', (version) => {
  const rules = roomVersionRules(version)
  const pdu = buildPdu(draft(version, { stateKey: '' }), version, signer)
  expect(parsePdu({ ...pdu.json, unsigned: { age: 1 } }, version)).toEqual({ ok: true, pdu })
  expect(pdu.json['unsigned']).toBeUndefined()
  expect(pdu).toMatchObject({ type: 'm.room.message', stateKey: '', depth: 5, roomVersion: version })
  expect(pdu.prevEvents).toEqual(['$prev:hs1'])
  expect(verifyContentHash(pdu.json)).toBe(true)
  expect(requiredSigners(pdu, rules)).toEqual(['hs1'])
  expect(verifyPduSignature(pdu.json, rules, 'hs1', 'ed25519:a', signer.publicKey)).toBe(true)
  expect(eventIdOf(pdu.json, rules)).toBe(pdu.eventId)
})

test.each(ROOM_VERSIONS)('v%s: the redacted form has the same id and a valid signature', (version) => {
  const rules = roomVersionRules(version)
  const pdu = buildPdu(draft(version), version, signer)
  const redacted = redactPdu(pdu)
  expect(redacted.content).toEqual({})
  expect(parsePdu(redacted.json, version)).toEqual({ ok: true, pdu: redacted })
  expect(verifyContentHash(redacted.json)).toBe(false)
  expect(verifyPduSignature(redacted.json, rules, 'hs1', 'ed25519:a', signer.publicKey)).toBe(true)
})

test('the form of event ids', () => {
  const id = (version: RoomVersionId) => buildPdu(draft(version), version, signer).eventId
  expect(id('1')).toMatch(/^\$[\w-]{43}:hs1$/)
  expect(id('3')).toMatch(/^\$[A-Za-z0-9+/]{43}$/)
  expect(id('4')).toMatch(/^\$[\w-]{43}$/)
  expect(id('12')).toMatch(/^\$[\w-]{43}$/)
})

test('v1 and v2 name other events with their hashes', () => {
  const referenceHashes = new Map([['$auth:hs1' as EventId, 'abc']])
  const pdu = buildPdu(draft('2', { referenceHashes }), '2', signer)
  expect(pdu.json['auth_events']).toEqual([['$auth:hs1', { sha256: 'abc' }]])
  expect(pdu.json['prev_events']).toEqual([['$prev:hs1', {}]])
  expect(refusal('2', changed('2', { prev_events: ['$prev:hs1'] }))).toContain('pair')
  expect(refusal('3', changed('3', { prev_events: [['$prev:hs1', {}]] }))).toContain('not an event id')
})

test('v1 and v2 need an event id with a domain', () => {
  expect(refusal('1', changed('1', { event_id: undefined }))).toContain('event_id')
  expect(refusal('1', changed('1', { event_id: '$x' }))).toContain('event_id')
  expect(refusal('1', changed('1', { event_id: `$${'x'.repeat(255)}:hs1` }))).toContain('event_id')
})

test('redactions: where the target is written', () => {
  const redacts = '$target' as EventId
  const old = buildPdu(draft('10', { type: 'm.room.redaction', content: {}, redacts }), '10', signer)
  expect(old.json['redacts']).toBe('$target')
  expect(old.redacts).toBe('$target')
  const now = buildPdu(draft('11', { type: 'm.room.redaction', content: {}, redacts }), '11', signer)
  expect(now.json['redacts']).toBeUndefined()
  expect(now.content).toEqual({ redacts: '$target' })
  expect(now.redacts).toBe('$target')
  expect(buildPdu(draft('11', { content: { redacts: '$target' } }), '11', signer).redacts).toBeUndefined()
})

test('v12: the room id is the hash of the create event', () => {
  const create = buildPdu(
    draft('12', {
      roomId: undefined,
      type: 'm.room.create',
      stateKey: '',
      authEvents: [],
      prevEvents: [],
      depth: 1,
    }),
    '12',
    signer,
  )
  expect(create.json['room_id']).toBeUndefined()
  expect(create.roomId).toBe(`!${create.eventId.slice(1)}`)
  expect(refusal('12', { ...create.json, room_id: create.roomId })).toContain('no room_id')

  expect(refusal('12', changed('12', { room_id: '!room:hs1' }))).toContain('room_id')
  expect(refusal('12', changed('12', { room_id: undefined }))).toContain('room_id')
  expect(refusal('12', changed('12', { auth_events: [`$${hash43}`] }))).toBe(
    'auth_events names the create event',
  )
  expect(refusal('11', changed('11', { room_id: `!${hash43}` }))).toContain('room_id')
})

const formatErrors: [string, { [key: string]: Json | undefined }][] = [
  ['type', { type: undefined }],
  ['type', { type: 7 }],
  ['type', { type: 'ä'.repeat(128) }],
  ['state_key', { state_key: 7 }],
  ['state_key', { state_key: null }],
  ['state_key', { state_key: 'ä'.repeat(128) }],
  ['sender', { sender: undefined }],
  ['sender', { sender: 'alice' }],
  ['sender', { sender: `@${'a'.repeat(252)}:hs1` }],
  ['content', { content: undefined }],
  ['content', { content: [] }],
  ['content', { content: 'x' }],
  ['room_id', { room_id: 7 }],
  ['room_id', { room_id: 'room:hs1' }],
  ['hashes', { hashes: {} }],
  ['hashes', { hashes: { sha256: 1 } }],
  ['signatures', { signatures: undefined }],
  ['signatures', { signatures: { hs1: 'x' } }],
  ['depth', { depth: undefined }],
  ['depth', { depth: -1 }],
  ['depth', { depth: '1' }],
  ['origin_server_ts', { origin_server_ts: undefined }],
  ['origin_server_ts', { origin_server_ts: 'now' }],
  ['prev_events', { prev_events: undefined }],
  ['prev_events', { prev_events: [7] }],
  ['prev_events', { prev_events: Array.from({ length: 21 }, (_, i) => `$${i}`) }],
  ['auth_events', { auth_events: {} }],
  ['auth_events', { auth_events: Array.from({ length: 11 }, (_, i) => `$${i}`) }],
]

test.each(formatErrors)('a wrong %s is refused: %j', (key, change) => {
  for (const version of ['3', '6', '11'] as const) {
    const parsed = parsePdu(changed(version, change), version)
    expect(parsed.ok).toBe(false)
    expect(parsed.ok ? '' : parsed.reason).toContain(key)
    // Hash ids can be told even for events that are refused, so that the sender can be answered.
    expect(parsed.ok ? undefined : parsed.eventId).toMatch(/^\$.{43}$/)
  }
})

test('limits are inclusive, and count bytes', () => {
  expect(refusal('11', changed('11', { type: 'x'.repeat(255), state_key: 'ä'.repeat(127) }))).toBe('accepted')
  expect(refusal('11', changed('11', { prev_events: Array.from({ length: 20 }, (_, i) => `$${i}`) }))).toBe(
    'accepted',
  )
  const base = Buffer.byteLength(JSON.stringify(changed('11', { content: { body: '' } })))
  const body = (bytes: number) =>
    changed('11', { content: { body: 'ä'.repeat(bytes / 2) + 'x'.repeat(bytes % 2) } })
  expect(refusal('11', body(65536 - base))).toBe('accepted')
  expect(refusal('11', body(65536 - base + 1))).toContain('too large')
})

test('repeated prev events are named once', () => {
  const parsed = parsePdu(changed('11', { prev_events: ['$a', '$a', '$b'] }), '11')
  expect(parsed.ok && parsed.pdu.prevEvents).toEqual(['$a', '$b'])
})

test('numbers: anything up to v5, canonical from v6 on', () => {
  for (const content of [{ x: 1.5 }, { x: 2 ** 60 }]) {
    expect(refusal('5', changed('5', { content }))).toBe('accepted')
    expect(refusal('6', changed('6', { content }))).toContain('not an integer in range')
  }
  expect(refusal('5', changed('5', { depth: 2 ** 62 }))).toBe('accepted')
  expect(refusal('5', changed('5', { depth: 2 ** 64 }))).toContain('depth')
  expect(refusal('5', changed('5', { depth: 1.5 }))).toContain('depth')
  expect(refusal('6', changed('6', { depth: 2 ** 53 }))).toContain('not an integer in range')
  expect(refusal('5', changed('5', { content: JSON.parse('{"x":1e999}') as Json }))).toContain('finite')
})

test.each([null, undefined, 7, 'x', [], [{}], {}, { type: 'm.room.create' }])('not an event: %j', (json) => {
  for (const version of ROOM_VERSIONS) expect(parsePdu(json, version).ok).toBe(false)
})

test('hostile content is refused or kept as it is, never an exception', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`) as Json
  expect(refusal('5', { ...changed('5', {}), content: deep })).toContain('nested too deep')
  expect(refusal('11', changed('11', { content: { '\uD800': 1 } }))).toContain('lone surrogate')
  expect(refusal('1', changed('1', { state_key: '\uDFFF' }))).toContain('lone surrogate')

  const proto = JSON.parse('{"__proto__":{"membership":"join"},"constructor":1}') as JsonObject
  const parsed = parsePdu(changed('11', { content: proto }), '11')
  expect(parsed.ok && JSON.stringify(parsed.pdu.content)).toBe(
    '{"__proto__":{"membership":"join"},"constructor":1}',
  )
  const top = JSON.parse(
    JSON.stringify(changed('11', {})).replace('{', '{"__proto__":{"x":1},'),
  ) as JsonObject
  const kept = parsePdu(top, '11')
  expect(kept.ok && Object.hasOwn(kept.pdu.json, '__proto__')).toBe(true)
  expect(kept.ok && verifyContentHash(kept.pdu.json)).toBe(false)
})

test('a draft that breaks the format cannot be built', () => {
  const build = (change: Partial<PduDraft>) => () => buildPdu(draft('11', change), '11', signer)
  expect(build({ content: { body: 'x'.repeat(70_000) } })).toThrow(InvalidPduError)
  expect(build({ content: { x: 0.5 } })).toThrow(InvalidPduError)
  expect(build({ content: { x: '\uD800' } })).toThrow(InvalidPduError)
  expect(build({ roomId: undefined })).toThrow(InvalidPduError)
  expect(build({ stateKey: 'x'.repeat(256) })).toThrow(/too large/)
})

function memberPdu(version: RoomVersionId, content: JsonObject): Pdu {
  return buildPdu(draft(version, { type: 'm.room.member', stateKey: '@bob:hs2', content }), version, signer)
}

test('required signers: the event id’s server in v1 and v2', () => {
  const parsed = parsePdu(changed('2', { event_id: '$x:hs3' }), '2')
  expect(parsed.ok && requiredSigners(parsed.pdu, roomVersionRules('2'))).toEqual(['hs1', 'hs3'])
})

test('required signers: who authorised a restricted join, from v8 on', () => {
  const content = { membership: 'join', join_authorised_via_users_server: '@carol:hs3' }
  expect(requiredSigners(memberPdu('7', content), roomVersionRules('7'))).toEqual(['hs1'])
  expect(requiredSigners(memberPdu('8', content), roomVersionRules('8'))).toEqual(['hs1', 'hs3'])
})

test('required signers: third-party invites are signed inside, unless the hash shows that they were altered', () => {
  const content: JsonObject = {
    membership: 'invite',
    third_party_invite: { signed: { mxid: '@bob:hs2', token: 't' } },
  }
  for (const version of ['3', '10', '11', '12'] as const) {
    expect(requiredSigners(memberPdu(version, content), roomVersionRules(version))).toEqual([])
  }
  const forged = parsePdu({ ...memberPdu('10', content).json, content: { ...content, x: 1 } }, '10')
  expect(forged.ok && requiredSigners(forged.pdu, roomVersionRules('10'))).toEqual(['hs1'])
  expect(
    requiredSigners(memberPdu('10', { ...content, membership: 'join' }), roomVersionRules('10')),
  ).toEqual(['hs1'])
  expect(
    requiredSigners(
      memberPdu('11', { membership: 'invite', third_party_invite: {} }),
      roomVersionRules('11'),
    ),
  ).toEqual(['hs1'])
})
