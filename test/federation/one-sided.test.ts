/** Only one of two nodes can dial the other, as behind a firewall: what is said goes both ways all the same. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { introduce, ownerOf } from '../harness/process/owner.ts'
import { freePort } from '../harness/process/scratch.ts'

const args = ['--no-mdns', '--no-rate-limits']
/** Behind the firewall: can dial, and cannot be dialled. */
let inside: HearthProcess
let outside: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
let room: string

beforeAll(async () => {
  // The other sees its calls come from 127.0.0.1, and nobody listens there.
  inside = await startHearth({ label: 'inside', federationListen: `127.0.0.2:${await freePort()}`, args })
  outside = await startHearth({ label: 'outside', args })
  ;[alice, bob] = await Promise.all([ownerOf(inside), ownerOf(outside)])
  await introduce(alice, outside)
  room = await bob.createRoom({ preset: 'public_chat' })
  await alice.join(room, outside.serverName)
  await Promise.all([alice.startSync(), bob.startSync()])
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([inside?.stop(), outside?.stop()])
}, 30_000)

const stateOf = async (id: string): Promise<string | undefined> => {
  const path = `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(id)}`
  return (await bob.call<{ destinations: { state: string }[] }>('GET', path)).destinations[0]?.state
}

test('the side that can dial fetches what waits for it, at once when it is written', async () => {
  const first = await bob.say(room, 'can you hear me?')
  await alice.waitForText(room, 'can you hear me?', 45_000)
  await alice.say(room, 'yes')
  await bob.waitForText(room, 'yes')
  await expect.poll(() => stateOf(first), { timeout: 10_000 }).toBe('delivered')
  for (let n = 0; n < 60; n++) await bob.say(room, `quick ${n}`)
  await alice.waitForText(room, 'quick 59', 5_000)
  expect(alice.room(room).texts(bob.userId).slice(-60)).toEqual(
    Array.from({ length: 60 }, (_, n) => `quick ${n}`),
  )
  expect(alice.room(room).repeated).toEqual([])
}, 90_000)

test('both are told that there is a firewall, each whose it is', async () => {
  const told = async (user: MatrixUser): Promise<object[]> =>
    (await user.call<{ problems: object[] }>('GET', '/_hearth/v1/network')).problems
  const firewall = (words: string) => [{ kind: 'firewall', words: expect.stringContaining(words) }]
  await expect.poll(() => told(alice), { timeout: 15_000 }).toMatchObject(firewall('Your firewall blocks'))
  await expect
    .poll(() => told(bob), { timeout: 15_000 })
    .toMatchObject(firewall('A firewall keeps this computer from reaching'))
}, 40_000)

test('what was written while either was away arrives whole, though one of them cannot ask for what is missing', async () => {
  await inside.stop()
  for (let n = 0; n < 80; n++) await bob.say(room, `missed ${n}`)
  await inside.start()
  await alice.waitForText(room, 'missed 79', 30_000)

  // So that the side behind the firewall knows how it is with the other.
  await bob.say(room, 'listen')
  await alice.waitForText(room, 'listen', 30_000)
  await outside.stop()
  for (let n = 0; n < 80; n++) await alice.say(room, `held ${n}`)
  await inside.kill()
  await inside.start()
  await outside.start()
  await bob.waitForText(room, 'held 79', 60_000)
  const held = Array.from({ length: 80 }, (_, n) => `held ${n}`)
  await expect
    .poll(async () => (await bob.history(room)).map((event) => event.content['body']), { timeout: 30_000 })
    .toEqual(expect.arrayContaining(held))
  const order = (await bob.history(room)).map((event) => event.content['body'])
  expect(order.filter((body) => held.includes(String(body)))).toEqual(held)
}, 150_000)
