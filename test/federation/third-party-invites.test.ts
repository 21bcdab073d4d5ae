/** Invites by e-mail address, between servers; the identity server is a key pair of the test. */
import { afterEach, expect, test } from 'vitest'
import { createSigner, signJson } from '../../src-main/core/signatures.ts'
import type { JsonObject, KeyId, RoomId, ServerName, Signer } from '../../src-main/core/types.ts'
import { startPeople, type People } from '../harness/people.ts'

let { network, one, two, alice, bob } = {} as People
let identity: Signer
let roomId: RoomId

/** Alice has invited an address, and the identity server has found out that it is bob's. */
async function start(): Promise<void> {
  ;({ network, one, two, alice, bob } = await startPeople())
  const name = 'id.test' as ServerName
  identity = createSigner(name, 'ed25519:0' as KeyId, new Uint8Array(32).fill(7))
  roomId = await one.rooms.createRoom({ creator: alice, preset: 'private_chat' })
  await one.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.third_party_invite',
    stateKey: 'token',
    content: {
      display_name: 'b...@m...',
      key_validity_url: 'https://id.test/valid',
      public_key: identity.publicKey,
    },
  })
}

afterEach(() => network.stop())

const proof = (over: JsonObject = {}): JsonObject =>
  signJson({ mxid: bob, token: 'token', ...over }, identity)
const bound = (signed: JsonObject, over: JsonObject = {}): JsonObject => ({
  medium: 'email',
  address: 'bob@mail.test',
  mxid: bob,
  invites: [
    { medium: 'email', address: 'bob@mail.test', mxid: bob, room_id: roomId, sender: alice, signed, ...over },
  ],
})

test('the server of whoever has the address asks the inviting one, which invites', async () => {
  await start()
  await network.during(two.rooms.thirdPartyBound(bound(proof())))
  await network.settle()
  expect(two.store.localMembership(bob, roomId)).toMatchObject({ membership: 'invite', sender: alice })
  expect(one.membership(roomId, bob)).toBe('invite')
  const invite = one.store.currentStateEvent(roomId, 'm.room.member', bob)?.pdu
  expect(invite?.content).toMatchObject({ third_party_invite: { display_name: 'b...@m...' } })
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.settle()
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('a server that is in the room invites by itself, and the others see that it may', async () => {
  await start()
  const carol = two.user('carol')
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: carol }))
  await network.during(two.rooms.joinRoom({ user: carol, room: roomId, via: [one.name] }))
  await network.during(two.rooms.thirdPartyBound(bound(proof())))
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('invite')
  expect(two.store.localMembership(bob, roomId)).toMatchObject({ membership: 'invite', sender: alice })
})

test.each<[string, () => JsonObject]>([
  ['not signed by the identity server', () => ({ ...proof(), signatures: {} })],
  ['for somebody else', () => proof({ mxid: '@mallory:two.test' })],
  ['of another token', () => proof({ token: 'other' })],
])('a proof that is %s invites nobody', async (_what, signed) => {
  await start()
  await network.during(two.rooms.thirdPartyBound(bound(signed())))
  await network.settle()
  expect(one.membership(roomId, bob)).toBeUndefined()
  expect(two.store.localMembership(bob, roomId)).toBeUndefined()
})

test.each<[string, () => Promise<boolean>, string | undefined]>([
  ['still stands by', () => Promise.resolve(true), 'invite'],
  ['has taken back', () => Promise.resolve(false), undefined],
  ['cannot be asked about', () => Promise.reject(new Error('no answer')), undefined],
])(
  'the inviting server asks about the key, which the identity server %s',
  async (_what, answer, membership) => {
    await start()
    const asked: string[][] = []
    one.identityKeyValid = async (...question) => {
      asked.push(question)
      return await answer()
    }
    await network.during(two.rooms.thirdPartyBound(bound(proof())))
    await network.settle()
    expect(asked).toEqual([['https://id.test/valid', identity.publicKey]])
    expect(one.membership(roomId, bob)).toBe(membership)
    expect(two.store.localMembership(bob, roomId)?.membership).toBe(membership)
  },
)

test('a server that the room denies gets nobody in by an address', async () => {
  await start()
  const acl = (content: JsonObject): Promise<unknown> =>
    one.rooms.sendEvent({ roomId, sender: alice, type: 'm.room.server_acl', stateKey: '', content })
  const ask = (): Promise<void> =>
    network.during(
      one.rooms.exchangeThirdPartyInvite(two.name, roomId, {
        type: 'm.room.member',
        room_id: roomId,
        sender: alice,
        state_key: bob,
        content: { membership: 'invite', third_party_invite: { display_name: 'b', signed: proof() } },
      }),
    )
  await acl({ allow: ['*'], deny: [two.name] })
  await expect(ask()).rejects.toMatchObject({ status: 403, errcode: 'M_FORBIDDEN' })
  await network.settle()
  expect(one.membership(roomId, bob)).toBeUndefined()
  await acl({ allow: ['*'] })
  await ask()
  expect(one.membership(roomId, bob)).toBe('invite')
})

test('only the invited person’s own server may ask, for its room and our user', async () => {
  await start()
  const ask = (over: JsonObject, origin = two.name): Promise<void> =>
    one.rooms.exchangeThirdPartyInvite(origin, roomId, {
      type: 'm.room.member',
      room_id: roomId,
      sender: alice,
      state_key: bob,
      content: { membership: 'invite', third_party_invite: { display_name: 'b', signed: proof() } },
      ...over,
    })
  await expect(ask({}, 'three.test' as ServerName)).rejects.toMatchObject({ status: 403 })
  await expect(ask({ room_id: '!other:one.test' })).rejects.toMatchObject({ status: 400 })
  await expect(ask({ sender: bob })).rejects.toMatchObject({ status: 400 })
  await expect(ask({ content: { membership: 'join' } })).rejects.toMatchObject({ errcode: 'M_BAD_JSON' })
  await expect(two.rooms.thirdPartyBound({ mxid: '@nobody:two.test', invites: [] })).rejects.toMatchObject({
    status: 404,
  })
})

test('who is in the room already is not put out of it', async () => {
  await start()
  await network.during(two.rooms.thirdPartyBound(bound(proof())))
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.during(two.rooms.thirdPartyBound(bound(proof())))
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('join')
})
