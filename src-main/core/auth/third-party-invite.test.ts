import { beforeAll, expect, test } from 'vitest'
import { ROOM_VERSIONS } from '../room-versions.ts'
import { createSigner, signaturesReady, signJson } from '../signatures.ts'
import type { Json, JsonObject, KeyId, RoomVersionId, ServerName, Signer } from '../types.ts'
import { TestRoom } from './test-room.ts'

const alice = '@alice:hs2'
let identityServer: Signer
let stranger: Signer
beforeAll(async () => {
  await signaturesReady()
  const signer = (n: number) =>
    createSigner('id' as ServerName, 'ed25519:0' as KeyId, new Uint8Array(32).fill(n))
  identityServer = signer(1)
  stranger = signer(2)
})

function room(version: RoomVersionId, offer?: JsonObject): TestRoom {
  const made = new TestRoom(version, {}, 'invite').member('@mod:hs1', 'join')
  made.put({
    type: 'm.room.third_party_invite',
    stateKey: 'token',
    sender: '@creator:hs1',
    content: offer ?? { public_key: identityServer.publicKey },
  })
  return made
}
function invite(thirdParty: Json, sender = '@creator:hs1') {
  return {
    type: 'm.room.member',
    stateKey: alice,
    sender,
    content: { membership: 'invite', third_party_invite: thirdParty },
  }
}
const signed = (signer: Signer, change: JsonObject = {}) => ({
  signed: signJson({ mxid: alice, token: 'token', ...change }, signer),
})

test.each(ROOM_VERSIONS)('v%s: each step', (v) => {
  const number = `${Number(v) <= 5 || v === '12' ? 5 : 4}.${Number(v) >= 8 ? 4 : 3}.1`
  const valid = invite(signed(identityServer))
  expect(room(v).verdict(valid)).toBe('accept')
  expect(room(v).member(alice, 'ban').verdict(valid)).toBe(`${number}.1`)
  for (const bad of [null, 'x', {}, { signed: 'x' }]) expect(room(v).verdict(invite(bad))).toBe(`${number}.2`)
  expect(room(v).verdict(invite({ signed: { mxid: alice } }))).toBe(`${number}.3`)
  expect(room(v).verdict(invite({ signed: { mxid: 7, token: 'token' } }))).toBe(`${number}.3`)
  expect(room(v).verdict(invite(signed(identityServer, { mxid: '@bob:hs2' })))).toBe(`${number}.4`)
  expect(room(v).verdict(invite(signed(identityServer, { token: 'other' })))).toBe(`${number}.5`)
  expect(room(v).verdict(invite(signed(identityServer), '@mod:hs1'))).toBe(`${number}.6`)
  expect(room(v).verdict(invite(signed(stranger)))).toBe(`${number}.8`)
})

test('any key of the offer will do', () => {
  const many = { public_keys: [{ public_key: 'AAAA' }, 7, { public_key: identityServer.publicKey }] }
  expect(room('11', many as JsonObject).verdict(invite(signed(identityServer)))).toBe('accept')
})

test('hostile signatures and keys are refused in bounded time', () => {
  const signatures: JsonObject = {}
  for (let i = 0; i < 500; i++) signatures[`s${i}`] = { 'ed25519:0': 'A'.repeat(86) }
  const keys = Array.from({ length: 1000 }, () => ({ public_key: stranger.publicKey }))
  const started = performance.now()
  const verdict = room('11', { public_keys: keys }).verdict(
    invite({ signed: { mxid: alice, token: 'token', signatures } }),
  )
  expect(verdict).toBe('4.4.1.8')
  expect(performance.now() - started).toBeLessThan(5_000)
  for (const bad of [
    null,
    [],
    { id: null },
    { id: { 'ed25519:0': 7 } },
    { id: { 'ed25519:0': '!' } },
  ] as Json[]) {
    expect(room('11').verdict(invite({ signed: { mxid: alice, token: 'token', signatures: bad } }))).toBe(
      '4.4.1.8',
    )
  }
})
