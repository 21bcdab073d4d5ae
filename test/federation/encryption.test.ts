import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { EncryptedPerson } from '../harness/process/encrypted-person.ts'
import { startTrustingHearth, type HearthProcess } from '../harness/process/hearth.ts'

/* Two people on two nodes, with the real matrix-js-sdk and its encryption. */
let one: HearthProcess
let two: HearthProcess
const people: EncryptedPerson[] = []

async function person(node: HearthProcess): Promise<EncryptedPerson> {
  const started = await EncryptedPerson.start(node)
  people.push(started)
  return started
}

beforeAll(async () => {
  ;[one, two] = await Promise.all([startTrustingHearth('one'), startTrustingHearth('two')])
}, 60_000)

afterAll(async () => {
  for (const each of people) each.close()
  await Promise.all([one?.stop(), two?.stop()])
  vi.restoreAllMocks()
}, 30_000)

test('two people on two nodes read each other encrypted, also after a node was away', async () => {
  const alice = await person(one)
  const bob = await person(two)
  await alice.setUpCrossSigning()
  const room = await alice.createEncryptedRoom(bob.userId)
  await bob.join(room)
  await alice.seesJoined(room, bob.userId)

  await alice.say(room, 'from alice')
  const event = await bob.reads(room, 'from alice')
  expect(event.getWireType()).toBe('m.room.encrypted')
  await bob.say(room, 'from bob')
  await alice.reads(room, 'from bob')

  const crypto = bob.client.getCrypto()
  const seen = await crypto?.getUserDeviceInfo([alice.userId], true)
  expect([...(seen?.get(alice.userId)?.keys() ?? [])]).toEqual([alice.client.getDeviceId()])
  expect(await crypto?.userHasCrossSigningKeys(alice.userId, true)).toBe(true)

  // While two is down the keys for the message wait at one, like the message.
  await two.kill()
  await alice.say(room, 'to who is away')
  await two.start()
  await bob.reads(room, 'to who is away')
  await bob.say(room, 'back again')
  await alice.reads(room, 'back again')
}, 60_000)
