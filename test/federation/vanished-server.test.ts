import { afterEach, beforeEach, expect, test } from 'vitest'
import { signJson } from '../../src-main/core/signatures.ts'
import type { JsonObject, RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import { giveKeyRings, type KeyDesk } from '../harness/key-rings.ts'
import type { TestNode } from '../harness/network.ts'
import { TestNetwork } from '../harness/network.ts'

const GONE = 'gone.test' as ServerName
const NAMES = ['one.test', 'two.test', 'three.test', GONE] as const
let network: TestNetwork
let [one, two, three, gone] = [] as unknown as TestNode[] as [TestNode, TestNode, TestNode, TestNode]
let carol: UserId

beforeEach(async () => {
  network = await TestNetwork.start(1, ...NAMES)
  ;[one, two, three, gone] = NAMES.map((name) => network.node(name)) as [
    TestNode,
    TestNode,
    TestNode,
    TestNode,
  ]
  carol = three.user('carol')
})
afterEach(() => network.stop())

const join = (node: TestNode, user: UserId, room: RoomId, ...via: ServerName[]) =>
  network.during(node.rooms.joinRoom({ user, room, via }))

/** A room that somebody of the server that then vanishes made, and others joined in time. */
async function abandonedRoom(...members: TestNode[]): Promise<RoomId> {
  const zoe = gone.user('zoe')
  const roomId = await gone.rooms.createRoom({ creator: zoe, preset: 'public_chat' })
  for (const node of members) await join(node, node.user('member'), roomId, GONE)
  await network.settle()
  await gone.text(roomId, zoe, 'farewell')
  await network.settle()
  for (const node of network.nodes.values()) if (node !== gone) network.wire.partition(node.name, GONE)
  return roomId
}

test('a room made on a server that has vanished is joined with keys that the servers in it vouch for', async () => {
  giveKeyRings(network)
  const roomId = await abandonedRoom(one, two)
  await join(three, carol, roomId, one.name)
  expect(three.state(roomId)).toEqual(one.state(roomId))
  expect(three.membership(roomId, '@zoe:gone.test' as UserId)).toBe('join')
  // And its history, as far as it is told.
  await network.run(5_000)
  expect(three.bodies(roomId)).toEqual(['farewell'])
})

test('one server alone is not believed: who wants in is told whose keys are lacking, and what can be done', async () => {
  giveKeyRings(network)
  const roomId = await abandonedRoom(one)
  const failure = join(three, carol, roomId, GONE, one.name)
  await expect(failure).rejects.toMatchObject({ status: 502, extra: { not_checkable: true } })
  await expect(failure).rejects.toThrow(
    /It rests on what was sent from gone\.test, whose keys could not be had.*trusted_key_server/,
  )
  expect(three.store.getRoom(roomId)?.participating ?? false).toBe(false)
})

test('… unless the owner of the joining server trusts it', async () => {
  giveKeyRings(network, [one.name])
  const roomId = await abandonedRoom(one)
  await join(three, carol, roomId, one.name)
  expect(three.state(roomId)).toEqual(one.state(roomId))
})

/** It claims keys of the vanished server that are not that one's. */
function lie(desk: KeyDesk, liar: TestNode, truth: TestNode): void {
  desk.query = () => {
    const keys = { [truth.signer.keyId]: { key: liar.signer.publicKey } }
    const until = network.clock.now() + 3_600_000
    const claim = { server_name: GONE, valid_until_ts: until, verify_keys: keys }
    const forger = { ...liar.signer, serverName: GONE, keyId: truth.signer.keyId }
    return Promise.resolve({ server_keys: [signJson(signJson(claim, forger), liar.signer)] })
  }
}

test('servers that contradict each other are not believed, and the same words are not said twice', async () => {
  const desks = giveKeyRings(network)
  const roomId = await abandonedRoom(one, two)
  lie(desks.get(two.name)!, two, gone)
  const failure = join(three, carol, roomId, one.name, two.name)
  await expect(failure).rejects.toThrow('gone.test')
  const words = await failure.catch((error: unknown) => (error as Error).message)
  expect(String(words).match(/could not be had/g)).toHaveLength(1)
})

test('an answer without what the join rests on says so', async () => {
  const alice = one.user('alice')
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  const rules = one.store.currentStateEvent(roomId, 'm.room.join_rules', '')!.pdu
  const receiveJoin = one.rooms.receiveJoin.bind(one.rooms)
  one.rooms.receiveJoin = async (...args) => {
    const answer = await receiveJoin(...args)
    const others = (json: JsonObject) => json['type'] !== 'm.room.join_rules'
    return { ...answer, state: answer.state.filter(others), authChain: answer.authChain.filter(others) }
  }
  await expect(join(three, carol, roomId, one.name)).rejects.toThrow(
    `cannot be checked, so it was not joined. one.test did not give the event ${rules.eventId}.`,
  )
})
