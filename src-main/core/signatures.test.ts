import { beforeAll, expect, test } from 'vitest'
import { contentHash, verifyContentHash } from './hashes.ts'
import { roomVersionRules } from './room-versions.ts'
import {
  createSigner,
  decodeBase64Lenient,
  encodeUnpaddedBase64,
  signaturesReady,
  signatureKeyIds,
  signJson,
  signPduJson,
  verifyJsonSignature,
  verifyPduSignature,
} from './signatures.ts'
import type { JsonObject, KeyId, ServerName, Signer } from './types.ts'

// Spec appendices, "Cryptographic Test Vectors".
let signer: Signer
beforeAll(async () => {
  await signaturesReady()
  const seed = decodeBase64Lenient('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1') ?? new Uint8Array()
  signer = createSigner('domain' as ServerName, 'ed25519:1' as KeyId, seed)
})
const rules = roomVersionRules('1')

test.each([
  ['', ''],
  ['f', 'Zg'],
  ['fo', 'Zm8'],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg'],
  ['fooba', 'Zm9vYmE'],
  ['foobar', 'Zm9vYmFy'],
])('unpadded base64 of %j', (text, base64) => {
  expect(encodeUnpaddedBase64(Buffer.from(text))).toBe(base64)
  expect(Buffer.from(decodeBase64Lenient(base64) ?? []).toString()).toBe(text)
})

test('base64 is decoded with padding or in the URL-safe alphabet, and otherwise refused', () => {
  expect(decodeBase64Lenient('Zg==')).toEqual(Uint8Array.of(102))
  expect(decodeBase64Lenient('-_8')).toEqual(decodeBase64Lenient('+/8'))
  expect(decodeBase64Lenient('Zg!')).toBeUndefined()
  expect(decodeBase64Lenient('A')).toBeUndefined()
})

test.each([
  [{}, 'K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ'],
  [
    { one: 1, two: 'Two' },
    'KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw',
  ],
])('JSON signing: %j', (json: JsonObject, signature) => {
  const signed = signJson(json, signer)
  expect(signed).toEqual({ ...json, signatures: { domain: { 'ed25519:1': signature } } })
  expect(verifyJsonSignature(signed, 'domain', 'ed25519:1', signer.publicKey)).toBe(true)
  expect(verifyJsonSignature({ ...signed, more: 1 }, 'domain', 'ed25519:1', signer.publicKey)).toBe(false)
  expect(
    verifyJsonSignature({ ...signed, unsigned: { age: 1 } }, 'domain', 'ed25519:1', signer.publicKey),
  ).toBe(true)
})

const minimal: JsonObject = {
  room_id: '!x:domain',
  sender: '@a:domain',
  origin: 'domain',
  origin_server_ts: 1000000,
  signatures: {},
  hashes: {},
  type: 'X',
  content: {},
  prev_events: [],
  auth_events: [],
  depth: 3,
  unsigned: { age_ts: 1000000 },
}
const redactable: JsonObject = {
  content: { body: 'Here is the message content' },
  event_id: '$0:domain',
  origin: 'domain',
  origin_server_ts: 1000000,
  type: 'm.room.message',
  room_id: '!r:domain',
  sender: '@u:domain',
  signatures: {},
  unsigned: { age_ts: 1000000 },
}

test.each([
  [
    minimal,
    '5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos',
    'KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg',
  ],
  [
    redactable,
    'onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g',
    'Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA',
  ],
])('event signing, the specification’s vectors', (event, hash, signature) => {
  expect(contentHash(event)).toBe(hash)
  const signed = signPduJson({ ...event, hashes: { sha256: hash } }, rules, signer)
  expect(signed).toEqual({
    ...event,
    hashes: { sha256: hash },
    signatures: { domain: { 'ed25519:1': signature } },
  })
  expect(verifyContentHash(signed)).toBe(true)
  expect(verifyPduSignature(signed, rules, 'domain', 'ed25519:1', signer.publicKey)).toBe(true)
  // What redaction takes away is covered by the hash, not by the signature.
  const altered = { ...signed, content: { body: 'altered' } }
  expect(verifyPduSignature(altered, rules, 'domain', 'ed25519:1', signer.publicKey)).toBe(true)
  expect(verifyContentHash(altered)).toBe(false)
})

test('a second signature is added beside the first', () => {
  const other = createSigner('other' as ServerName, 'ed25519:x' as KeyId, new Uint8Array(32).fill(7))
  const signed = signJson(signJson({ a: 1 }, signer), other)
  expect(signatureKeyIds(signed, 'domain')).toEqual(['ed25519:1'])
  expect(verifyJsonSignature(signed, 'domain', 'ed25519:1', signer.publicKey)).toBe(true)
  expect(verifyJsonSignature(signed, 'other', 'ed25519:x', other.publicKey)).toBe(true)
  expect(verifyJsonSignature(signed, 'other', 'ed25519:x', signer.publicKey)).toBe(false)
})

test('hostile signatures are false, not an exception', () => {
  const bad = (signatures: unknown) =>
    verifyJsonSignature({ a: 1, signatures } as JsonObject, 'domain', 'ed25519:1', signer.publicKey)
  for (const signatures of [null, [], 'x', {}, { domain: null }, { domain: { 'ed25519:1': 7 } }]) {
    expect(bad(signatures)).toBe(false)
  }
  for (const signature of ['', '!', 'AAAA', 'A'.repeat(86), 'A'.repeat(1000)]) {
    expect(bad({ domain: { 'ed25519:1': signature } })).toBe(false)
  }
  expect(verifyJsonSignature({}, 'constructor', 'name', signer.publicKey)).toBe(false)
  const signed = signJson({ a: 1 }, signer)
  expect(verifyJsonSignature(signed, 'domain', 'ed25519:1', 'AAAA')).toBe(false)
  expect(verifyJsonSignature({ ...signed, b: Infinity }, 'domain', 'ed25519:1', signer.publicKey)).toBe(false)
})
