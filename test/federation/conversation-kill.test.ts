import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Actor, agreeOnUnread, sameConversation } from '../harness/process/conversation.ts'
import { startTrustingHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { seedsOf, tellSeed } from '../harness/process/seeds.ts'
import { seededRandom } from '../harness/process/wait.ts'

/*
 * Alice's node is killed again and again while she and Bob, on another node, write, edit, react, answer in
 * threads, share files and delete. Both go on as a client does: what was not acknowledged is asked for again
 * under the same transaction id. In the end both servers show the same conversation, everything once.
 */
const ROUNDS = Number(process.env['HEARTH_KILL_ROUNDS'] ?? 6)
/** A seed that found something stays here, by the name of what was found. */
const SEEDS = seedsOf([])
const ACTORS = 2

let victim: HearthProcess
let witness: HearthProcess
/** Alice and Bob, each with two devices. */
let alice: MatrixUser[] = []
let bob: MatrixUser[] = []

beforeAll(async () => {
  ;[victim, witness] = await Promise.all([startTrustingHearth('victim'), startTrustingHearth('witness')])
  alice = [await MatrixUser.register(victim, 'alice'), await MatrixUser.login(victim, 'alice')]
  bob = [await MatrixUser.register(witness, 'bob'), await MatrixUser.login(witness, 'bob')]
  for (const device of [...alice, ...bob]) await device.startSync({ threads: true, timelineLimit: 500 })
}, 60_000)

afterAll(async () => {
  await Promise.all([...alice, ...bob].map(async (device) => await device.close()))
  await Promise.all([victim?.stop(), witness?.stop()])
}, 30_000)

test.each(SEEDS)(
  `a conversation goes on while one of the nodes is killed ${ROUNDS} times (%s: %i)`,
  async (_, seed) => {
    tellSeed(seed)
    const random = seededRandom(seed)
    const [alice1, bob1] = [alice[0], bob[0]] as [MatrixUser, MatrixUser]
    const room = await alice1.createRoom({ preset: 'public_chat' })
    await bob1.join(room, victim.serverName)
    let over = false
    const actors = [alice1, bob1].flatMap((user) =>
      Array.from({ length: ACTORS }, (_, n) => new Actor(user, room, `${user.userId} ${n}`)),
    )
    const running = Promise.all(actors.map(async (actor) => await actor.run(() => over)))
    for (let round = 0; round < ROUNDS; round++) {
      await delay(100 + random() * 600)
      await victim.kill()
      await victim.start()
    }
    over = true
    await running
    const episodes = actors.flatMap((actor) => actor.episodes)
    // The test is worth something only when much was going on.
    expect(episodes.length).toBeGreaterThan(ROUNDS)

    await sameConversation([alice1, bob1], room, episodes)
    for (const device of [...alice, ...bob]) {
      await device.waitFor('all files', () =>
        episodes.every(
          (one) => device.room(room).has(one.file.message) && device.room(room).has(one.deleted),
        ),
      )
      expect(device.room(room).repeated).toEqual([])
    }

    await agreeOnUnread(alice, victim, room, bob1)
    await agreeOnUnread(bob, witness, room, alice1)
  },
  180_000,
)
