import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTrustingHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixError } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { seedsOf, tellSeed } from '../harness/process/seeds.ts'
import { seededRandom } from '../harness/process/wait.ts'

const ROUNDS = Number(process.env['HEARTH_KILL_ROUNDS'] ?? 4)
/** A seed that found something stays here, by the name of what was found. */
const SEEDS = seedsOf([])
const CLIENT = '/_matrix/client/v3'

let victim: HearthProcess
let witness: HearthProcess
let alice: MatrixUser
let bob: MatrixUser

beforeAll(async () => {
  ;[victim, witness] = await Promise.all([startTrustingHearth('victim'), startTrustingHearth('witness')])
  alice = await MatrixUser.register(victim, 'alice')
  bob = await MatrixUser.register(witness, 'bob')
  // Of strangers only so many messages are kept.
  const room = await alice.createRoom({ preset: 'public_chat' })
  await bob.join(room, victim.serverName)
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([victim?.stop(), witness?.stop()])
}, 30_000)

/** Does it until it is answered, as clients do while their server is away. */
async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (error instanceof MatrixError) throw error
      await delay(30)
    }
  }
}

/** Sends numbers, one after the other, until told to stop; answers how many. */
async function send(from: MatrixUser, to: MatrixUser, type: string, isOver: () => boolean): Promise<number> {
  let n = 0
  for (; !isOver(); n++) {
    const body = { messages: { [to.userId]: { '*': { n } } } }
    await insist(() => from.call('PUT', `${CLIENT}/sendToDevice/${type}/number-${type}-${n}`, { body }))
  }
  return n
}

/** What a client is told by its syncs, each from where the one before ended. */
class Inbox {
  readonly read: number[] = []
  private readonly user: MatrixUser
  private readonly type: string
  private since: string | undefined

  constructor(user: MatrixUser, type: string) {
    this.user = user
    this.type = type
  }

  async readOn(): Promise<void> {
    const query = { since: this.since, timeout: 200 }
    const answer = await insist(() =>
      this.user.call<{
        next_batch: string
        to_device?: { events?: { type: string; content: { n: number } }[] }
      }>('GET', `${CLIENT}/sync`, { query }),
    )
    this.since = answer.next_batch
    for (const { type, content } of answer.to_device?.events ?? [])
      if (type === this.type) this.read.push(content.n)
  }
}

test.each(SEEDS)(
  `messages between devices come once and in order while a node is killed ${ROUNDS} times (%s: %i)`,
  async (_, seed) => {
    tellSeed(seed)
    const random = seededRandom(seed)
    const type = `test.${seed}`
    const inboxes = [new Inbox(bob, type), new Inbox(alice, type)] as const
    let over = false
    const sending = Promise.all([send(alice, bob, type, () => over), send(bob, alice, type, () => over)])
    const reading = Promise.all(
      inboxes.map(async (inbox) => {
        while (!over) await inbox.readOn()
      }),
    )
    for (let round = 0; round < ROUNDS; round++) {
      await delay(50 + random() * 500)
      await victim.kill()
      await victim.start()
    }
    over = true
    const sent = await sending
    await reading
    const deadline = performance.now() + 60_000
    for (const [at, inbox] of inboxes.entries()) {
      const all = Array.from({ length: sent[at] ?? 0 }, (_, n) => n)
      while (inbox.read.length < all.length && performance.now() < deadline) await inbox.readOn()
      // One more look: nothing comes twice.
      await inbox.readOn()
      expect(inbox.read).toEqual(all)
      expect(all.length).toBeGreaterThan(ROUNDS)
    }
  },
  180_000,
)
