/** A room with a policy server: what it recommends is seen, what it does not is not; and when it is away. */
import { afterEach, expect, test } from 'vitest'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import { createSigner, POLICY_KEY_ID, signPduJson } from '../../src-main/core/signatures.ts'
import type { JsonObject, RoomAlias, RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import { RoomError } from '../../src-main/rooms/api.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork
afterEach(() => network.stop())

interface Scene {
  a: TestNode
  b: TestNode
  p: TestNode
  ann: UserId
  bob: UserId
  guard: UserId
  roomId: RoomId
  /** Types of the events that the policy server was asked about. */
  asked: string[]
}

const said = { body: { errcode: 'M_FORBIDDEN', error: 'This looks like spam' } }

async function scene(seed: number, beforeThePolicy = (): void => undefined): Promise<Scene> {
  network = await TestNetwork.start(seed, 'a.test', 'b.test', 'p.test')
  const [a, b, p] = [network.node('a.test'), network.node('b.test'), network.node('p.test')]
  const [ann, bob, guard] = [a.user('ann'), b.user('bob'), p.user('guard')]
  const signer = createSigner('p.test' as ServerName, POLICY_KEY_ID, network.random.bytes(32))
  const asked: string[] = []
  p.policyServer = (event) => {
    asked.push(event['type'] as string)
    const { body } = event['content'] as { body?: string }
    if (body?.includes('spam') === true) throw new RoomError(400, 'M_FORBIDDEN', said.body.error)
    const { signatures } = signPduJson(event, roomVersionRules('12'), signer)
    const own = (signatures as Record<string, JsonObject>)['p.test']
    return Promise.resolve({ 'p.test': { [POLICY_KEY_ID]: own?.[POLICY_KEY_ID] ?? '' } })
  }
  const roomId = await a.rooms.createRoom({ creator: ann, preset: 'public_chat', roomVersion: '12' })
  for (const [node, user] of [[b, bob] as const, [p, guard] as const])
    await network.during(node.rooms.joinRoom({ user, room: roomId, via: [a.name] }))
  await network.settle()
  const at = { a, b, p, ann, bob, guard, roomId, asked }
  beforeThePolicy()
  await setPolicy(at, { via: 'p.test', public_keys: { ed25519: signer.publicKey } })
  return at
}

async function setPolicy({ a, ann, roomId }: Scene, content: JsonObject): Promise<void> {
  await network.during(
    a.rooms.sendEvent({ roomId, sender: ann, type: 'm.room.policy', stateKey: '', content }),
  )
}

const say = (node: TestNode, { roomId }: Scene, user: UserId, body: string) =>
  network.during(node.text(roomId, user, body))

test('what local people send is signed before anybody sees it, and a refusal is theirs to read', async () => {
  const at = await scene(21)
  const { a, b, ann, bob, roomId } = at
  await network.settle()
  expect(at.asked).toEqual([])
  const id = await say(a, at, ann, 'fine')
  await expect(say(a, at, ann, 'spam')).rejects.toMatchObject({
    status: 400,
    errcode: 'M_FORBIDDEN',
    message: said.body.error,
  })
  await network.during(a.rooms.kickUser({ roomId, sender: ann, target: at.guard }).catch(() => undefined))
  await network.settle()
  expect(at.asked).toEqual(['m.room.message', 'm.room.message', 'm.room.member'])
  for (const node of [a, b]) expect(node.bodies(roomId)).toEqual(['fine'])
  expect(b.store.getEvent(id)?.pdu.json['signatures']).toHaveProperty(['p.test', POLICY_KEY_ID])
  // It has left: the room uses none any more.
  await say(b, at, bob, 'spam')
  await network.settle()
  expect(a.bodies(roomId)).toEqual(['fine', 'spam'])
})

test('events that come without a signature are asked about, and soft-failed where they get none', async () => {
  // One of them has not heard of the policy.
  const at = await scene(22, () => network.wire.partition('a.test' as ServerName, 'b.test' as ServerName))
  const { a, b, bob, roomId } = at
  const fine = await b.text(roomId, bob, 'late and fine')
  const spam = await b.text(roomId, bob, 'late spam')
  network.wire.heal()
  await network.settle()
  expect(a.bodies(roomId)).toEqual(['late and fine'])
  expect(a.store.getEvent(fine)?.pdu.json['signatures']).toHaveProperty(['p.test', POLICY_KEY_ID])
  expect(a.store.getEvent(spam)).toMatchObject({ status: 'soft-failed' })
  await say(b, at, bob, 'after it')
  await network.settle()
  expect(a.bodies(roomId)).toEqual(['late and fine', 'after it'])
})

test('who joins through another server has that one ask', async () => {
  const at = await scene(23)
  const { a, b, roomId } = at
  const more = b.user('more')
  await network.settle()
  await network.during(b.rooms.joinRoom({ user: more, room: roomId, via: [a.name] }))
  await network.settle()
  expect(a.membership(roomId, more)).toBe('join')
  expect(at.asked).toEqual(['m.room.member'])
})

test('while it is away nothing is said, what it signed counts, and the room can do without it', async () => {
  const at = await scene(24)
  const { a, b, p, ann, bob, roomId } = at
  await network.settle()
  network.wire.partition(a.name, b.name)
  const signed = await say(a, at, ann, 'signed before')
  network.wire.heal()
  network.wire.partition(p.name, a.name)
  network.wire.partition(p.name, b.name)
  const before = network.clock.now()
  await expect(say(a, at, ann, 'nobody to ask')).rejects.toMatchObject({ status: 503 })
  expect(network.clock.now() - before).toBeLessThan(15_000)
  await network.run(5_000)
  expect(b.store.getEvent(signed)).toMatchObject({ status: 'accepted' })
  await network.during(b.rooms.leaveRoom({ user: bob, roomId }))
  expect(b.membership(roomId, bob)).toBe('leave')

  await setPolicy(at, {})
  await say(a, at, ann, 'without it')
  expect(a.bodies(roomId)).toEqual(['signed before', 'without it'])
  network.wire.heal()
  await network.settle()
  expect(p.bodies(roomId)).toEqual(['signed before', 'without it'])
})

test('a server that is no policy server is told of as such, and can be taken out', async () => {
  const at = await scene(26)
  const { a, p, ann, roomId } = at
  p.policyServer = () =>
    Promise.reject(new RoomError(404, 'M_UNRECOGNIZED', 'There is no such endpoint here.'))
  await expect(say(a, at, ann, 'fine')).rejects.toMatchObject({
    status: 403,
    errcode: 'M_FORBIDDEN',
    message: expect.stringContaining('p.test is the policy server of this room, but') as string,
  })
  await setPolicy(at, {})
  await say(a, at, ann, 'fine')
  expect(a.bodies(roomId)).toEqual(['fine'])
})

test('a signature that does not hold is no recommendation', async () => {
  const at = await scene(25)
  const { a, p, ann, roomId } = at
  p.policyServer = () => Promise.resolve({ 'p.test': { [POLICY_KEY_ID]: 'AAAA' } })
  await expect(say(a, at, ann, 'fine')).rejects.toMatchObject({ status: 403 })
  expect(a.bodies(roomId)).toEqual([])
  const refused = { via: 'a.test', public_keys: { ed25519: 'AAAA' } }
  await expect(setPolicy(at, refused)).rejects.toMatchObject({ status: 400 })
})

test('the end of an upgraded room is signed, too; one that is refused leaves the old room as it was', async () => {
  const at = await scene(27)
  const { a, b, p, ann, roomId } = at
  await network.settle()
  const upgrade = () =>
    network.during(a.rooms.upgradeRoom({ user: ann, roomId, version: '12', additionalCreators: [] }))
  const { policyServer } = p
  p.policyServer = () => Promise.reject(new RoomError(400, 'M_FORBIDDEN', 'Not while I am here'))
  await expect(upgrade()).rejects.toThrow('Not while I am here')
  await network.settle()
  expect(b.store.currentStateEvent(roomId, 'm.room.tombstone', '')).toBeUndefined()
  expect(a.store.roomsJoinedBy(ann)).toEqual([roomId])

  p.policyServer = policyServer
  const replacement = await upgrade()
  await network.settle()
  const tombstone = b.store.currentStateEvent(roomId, 'm.room.tombstone', '')?.pdu
  expect(tombstone?.content['replacement_room']).toBe(replacement)
  expect(tombstone?.json['signatures']).toHaveProperty(['p.test', POLICY_KEY_ID])
  expect(b.state(roomId)).toEqual(a.state(roomId))
})

test('who deletes a room while the policy server is away, or wants it slower, has it all redacted once it can be', async () => {
  const at = await scene(31)
  const { a, b, p, bob, roomId } = at
  for (const n of [1, 2, 3, 4]) await say(b, at, bob, `said by bob ${n}`)
  await network.settle()
  network.wire.partition(p.name, b.name)
  const left = await network.during(b.rooms.removeRoom({ userId: bob, roomId, redact: true }))
  expect(left).toBe(false)
  await network.run(60_000)
  expect(a.membership(roomId, bob)).toBe('join')

  const { policyServer } = p
  let slower = 2
  p.policyServer = (event) =>
    slower-- > 0 && event['type'] === 'm.room.redaction'
      ? Promise.reject(new RoomError(429, 'M_LIMIT_EXCEEDED', 'Slower', { retry_after_ms: 90_000 }))
      : (policyServer?.(event) ?? Promise.reject(new Error('there is none')))
  network.wire.heal()
  await network.run(15 * 60_000)
  await network.settle()
  expect(a.membership(roomId, bob)).toBe('leave')
  expect(a.bodies(roomId)).toEqual([])
  expect(b.store.removals()).toEqual([])
})

test('who deletes a room has everything redacted but what is refused for good, however much that is', async () => {
  const at = await scene(32)
  const { a, b, p, bob, roomId } = at
  const ids: unknown[] = []
  for (let n = 0; n < 130; n++) ids.push(await say(b, at, bob, `${n}`))
  await network.settle()
  const { policyServer } = p
  // Each second one: more in all than are sent at once.
  p.policyServer = (event) => {
    const { redacts } = event['content'] as { redacts?: unknown }
    return redacts !== undefined && ids.indexOf(redacts) % 2 === 0
      ? Promise.reject(new RoomError(403, 'M_FORBIDDEN', 'This is evidence'))
      : (policyServer?.(event) ?? Promise.reject(new Error('there is none')))
  }
  await network.during(b.rooms.removeRoom({ userId: bob, roomId, redact: true }))
  await network.run(60_000)
  await network.settle()
  expect(a.membership(roomId, bob)).toBe('leave')
  expect(a.bodies(roomId)).toEqual(ids.flatMap((_, n) => (n % 2 === 0 ? [`${n}`] : [])))
})

test('a policy server that stays away keeps nobody in the room for more than a day', async () => {
  const at = await scene(33)
  const { b, p, bob, roomId } = at
  await say(b, at, bob, 'said by bob')
  await network.settle()
  network.wire.partition(p.name, b.name)
  await network.during(b.rooms.removeRoom({ userId: bob, roomId, redact: true }))
  await network.run(10 * 60_000)
  expect(b.membership(roomId, bob)).toBe('join')
  const end = network.clock.now() + 25 * 3_600_000
  while (network.clock.now() < end) {
    network.clock.step(3_600_000)
    await network.run(100)
  }
  expect(b.membership(roomId, bob)).not.toBe('join')
})

test('what a room shows after an alias is deleted is signed, too; one that nobody can ask about is deleted all the same', async () => {
  const at = await scene(34)
  const { a, b, p, ann, roomId } = at
  const [square, circle] = ['#square:a.test', '#circle:a.test'] as [RoomAlias, RoomAlias]
  const shown = () => b.store.currentStateEvent(roomId, 'm.room.canonical_alias', '')?.pdu
  for (const alias of [square, circle]) a.rooms.createAlias(alias, roomId, ann)
  const content = { alias: square, alt_aliases: [circle] }
  const canonical = { roomId, sender: ann, type: 'm.room.canonical_alias', stateKey: '', content }
  await network.during(a.rooms.sendEvent(canonical))
  await network.settle()
  at.asked.length = 0
  // Who receives it cannot make up for it.
  network.wire.partition(b.name, p.name)
  await network.during(a.rooms.deleteAlias(square, ann))
  await network.settle()
  expect(at.asked).toEqual(['m.room.canonical_alias'])
  expect(shown()?.content).toEqual({ alt_aliases: [circle] })
  expect(shown()?.json['signatures']).toHaveProperty(['p.test', POLICY_KEY_ID])

  network.wire.partition(a.name, p.name)
  await network.during(a.rooms.deleteAlias(circle, ann))
  expect(a.store.alias(circle)).toBeUndefined()
})
