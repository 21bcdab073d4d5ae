import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTrustingHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { until } from '../harness/process/wait.ts'

/* What is committed and not yet on the disk of a node leaves it by none of the two ways: answers and requests. */

const preload = new URL('../harness/process/held-disk.mjs', import.meta.url).href
let nodes: HearthProcess[] = []
let users: MatrixUser[] = []
let room = ''
const held = [0, 1].map(() => join(scratchFolder('held-disk'), 'held'))

beforeAll(async () => {
  nodes = await Promise.all(
    ['one', 'two'].map(async (label, at) => {
      const env = { NODE_OPTIONS: `--import=${preload}`, HEARTH_HELD_DISK: held[at] ?? '' }
      return await startTrustingHearth(label, { env })
    }),
  )
  const [one, two] = nodes as [HearthProcess, HearthProcess]
  users = [await MatrixUser.register(one, 'alice'), await MatrixUser.register(two, 'bob')]
  for (const user of users) await user.startSync()
  const [alice, bob] = users as [MatrixUser, MatrixUser]
  room = await alice.createRoom({ preset: 'public_chat' })
  await bob.join(room, one.serverName)
  await alice.waitFor('the join', () => alice.room(room).membershipOf(bob.userId) === 'join')
}, 60_000)

afterAll(async () => {
  for (const file of held) rmSync(file, { force: true })
  await Promise.all(users.map(async (user) => await user.close()))
  await Promise.all(nodes.map(async (node) => await node.stop()))
}, 30_000)

/** Something was to be written; then everybody has had many turns in which they could have been told. */
async function heldFor(at: number): Promise<void> {
  await until('the disk is asked', () => Promise.resolve(existsSync(`${held[at]}.asked`)))
  const free = nodes[1 - at] as HearthProcess
  for (let n = 0; n < 100; n++) await fetch(`${free.clientUrl}/_matrix/client/versions`)
}

test('what the sender has not on its disk is neither acknowledged nor sent', async () => {
  const [alice, bob] = users as [MatrixUser, MatrixUser]
  writeFileSync(held[0] ?? '', '')
  let acknowledged = false
  const sending = alice.say(room, 'from a slow disk').then(() => (acknowledged = true))
  await heldFor(0)
  expect(acknowledged).toBe(false)
  expect(alice.room(room).texts()).not.toContain('from a slow disk')
  expect(bob.room(room).texts()).not.toContain('from a slow disk')
  rmSync(held[0] ?? '')
  await sending
  await bob.waitForText(room, 'from a slow disk')
})

test('what the receiver has not on its disk is neither shown nor acknowledged to the sender', async () => {
  const [alice, bob] = users as [MatrixUser, MatrixUser]
  writeFileSync(held[1] ?? '', '')
  const id = await alice.say(room, 'to a slow disk')
  await heldFor(1)
  expect(bob.room(room).texts()).not.toContain('to a slow disk')
  const delivery = async (): Promise<string | undefined> => {
    const path = `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(id)}`
    const { destinations } = await alice.call<{ destinations: { state: string }[] }>('GET', path)
    return destinations[0]?.state
  }
  expect(await delivery()).not.toBe('delivered')
  rmSync(held[1] ?? '')
  await bob.waitForText(room, 'to a slow disk')
  await until('it is delivered', async () => (await delivery()) === 'delivered')
})
