import { beforeAll, expect, test } from 'vitest'
import { checkAuthEventsList, checkAuthRules } from './auth-rules.ts'
import { TestRoom } from './auth/test-room.ts'
import { canonicalJson, isCanonical } from './canonical-json.ts'
import { verifyContentHash } from './hashes.ts'
import { isObject } from './json.ts'
import { buildPdu, parsePdu } from './pdu.ts'
import { parseJson } from './parse-json.ts'
import { redactPdu } from './redaction.ts'
import { ROOM_VERSIONS } from './room-versions.ts'
import { createSigner, requiredSigners, signaturesReady, verifyPduSignature } from './signatures.ts'
import {
  type EventId,
  type Json,
  type JsonObject,
  type KeyId,
  type ServerName,
  type Signer,
  stateKeyOf,
  type UserId,
} from './types.ts'

let signer: Signer
beforeAll(async () => {
  await signaturesReady()
  signer = createSigner('hs1' as ServerName, 'ed25519:a' as KeyId, new Uint8Array(32).fill(1))
})

/** mulberry32: small, and the same everywhere, so that a failing seed can be named. */
function random(seed: number): (below: number) => number {
  let a = seed
  return (below) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const nasty: Json[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  2 ** 70,
  -0,
  '',
  '@',
  '$',
  '!',
  ':',
  '@:',
  '\0',
  '\uD800',
  '__proto__',
  'constructor',
  'join',
  'x'.repeat(70_000),
  [],
  [[]],
  ['$a', '$a'],
  {},
  JSON.parse('{"__proto__":{"membership":"join"},"toString":1}') as Json,
  JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as Json,
]
const contents: JsonObject[] = [
  { membership: 'join', join_authorised_via_users_server: '@a:hs1' },
  {
    membership: 'invite',
    third_party_invite: { signed: { mxid: '@b:hs1', token: 't', signatures: { x: { y: 'z' } } } },
  },
  { membership: 'knock' },
  { users: { '@a:hs1': 50 }, events: { x: 1 }, notifications: { room: 50 }, ban: 50 },
  { creator: '@a:hs1', room_version: '10', additional_creators: ['@b:hs1'] },
  { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: '!a:hs1' }] },
  { aliases: ['#a:hs1'] },
  { redacts: '$x' },
]
const types = [
  'm.room.member',
  'm.room.power_levels',
  'm.room.create',
  'm.room.join_rules',
  'm.room.aliases',
  'm.room.redaction',
  'm.room.third_party_invite',
  'constructor',
]

/** Replaces one random value, at any depth, by something nasty. */
function mutate(value: Json, below: (n: number) => number): Json {
  const container = isObject(value) || Array.isArray(value)
  const keys = container ? Object.keys(value) : []
  if (keys.length === 0 || below(4) === 0) return nasty[below(nasty.length)] ?? null
  const key = keys[below(keys.length)] ?? ''
  if (Array.isArray(value)) return value.map((item, i) => (String(i) === key ? mutate(item, below) : item))
  return { ...(value as JsonObject), [key]: mutate((value as JsonObject)[key] ?? null, below) }
}

test.each(ROOM_VERSIONS)('v%s: whatever comes, it is answered by a decision', (version) => {
  const room = new TestRoom(version).levels({}).member('@a:hs1', 'join')
  const rules = room.rules
  let parsedCount = 0
  for (let seed = 1; seed <= 400; seed++) {
    const below = random(seed)
    const type = types[below(types.length)] ?? 'x'
    const isCreate = version === '12' && type === 'm.room.create'
    const valid = buildPdu(
      {
        ...(isCreate ? {} : { roomId: room.roomId }),
        type,
        stateKey: ['', '@a:hs1', '@b:hs1', 'hs1'][below(4)],
        sender: '@a:hs1' as UserId,
        content: contents[below(contents.length)] ?? {},
        authEvents: ['$x:hs1' as EventId],
        prevEvents: ['$y:hs1' as EventId],
        depth: 3,
        originServerTs: 1,
      },
      version,
      signer,
    )
    const parsed = parsePdu(mutate(valid.json, below), version)
    if (!parsed.ok) {
      expect(parsed.reason, `seed ${seed}`).not.toBe('')
      continue
    }
    parsedCount++
    for (const pdu of [parsed.pdu, redactPdu(parsed.pdu)]) {
      verifyContentHash(pdu.json)
      for (const server of requiredSigners(pdu, rules)) {
        verifyPduSignature(pdu.json, rules, server, 'ed25519:a', signer.publicKey)
      }
      expect(['accept', 'reject']).toContain(checkAuthRules(pdu, rules, room.getState).verdict)
      expect(['accept', 'reject']).toContain(
        checkAuthEventsList(pdu, rules, [room.create, pdu], new Set()).verdict,
      )
      // As state that other events are checked against, whatever the auth rules said of it.
      const hostile = new Map(room.state).set(stateKeyOf(pdu.type, pdu.stateKey ?? ''), pdu)
      const lookup = (t: string, key: string) => hostile.get(stateKeyOf(t, key))
      expect(['accept', 'reject']).toContain(checkAuthRules(valid, rules, lookup).verdict)
    }
  }
  expect(parsedCount).toBeGreaterThan(20)
})

test('canonical JSON: random values are stable, ordered by their bytes, and agree with isCanonical', () => {
  const chars = ['a', 'Z', '\u00e9', '\uFF5E', '\u{1F600}', '\u{10FFFF}', '"', '\\', '\u0001', '\uD800']
  const build = (below: (n: number) => number, depth: number): Json => {
    const text = () =>
      Array.from({ length: below(4) }, () => chars[below(below(8) === 0 ? 10 : 9)] ?? '').join('')
    switch (below(depth > 3 ? 3 : 5)) {
      case 0:
        return text()
      case 1:
        return [0, -0, 7, -(2 ** 53) + 1, 2 ** 53 - 1, 0.5][below(below(8) === 0 ? 6 : 5)] ?? 0
      case 2:
        return [true, false, null][below(3)] ?? null
      case 3:
        return Array.from({ length: below(4) }, () => build(below, depth + 1))
      default:
        return Object.fromEntries(Array.from({ length: below(6) }, () => [text(), build(below, depth + 1)]))
    }
  }
  let good = 0
  for (let seed = 1; seed <= 3000; seed++) {
    const value = build(random(seed), 0)
    if (!isCanonical(value)) {
      expect(() => canonicalJson(value), `seed ${seed}`).toThrow()
      continue
    }
    good++
    const text = canonicalJson(value)
    expect(parseJson(text), `seed ${seed}`).toEqual(parseJson(JSON.stringify(value)))
    expect(canonicalJson(parseJson(text)), `seed ${seed}`).toBe(text)
    if (!isObject(value)) continue
    // UTF-8 bytes are in the order of code points.
    const keys = Object.keys(value).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const expected = keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')
    expect(text, `seed ${seed}`).toBe(`{${expected}}`)
  }
  expect(good).toBeGreaterThan(1000)
})
