import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canonicalJsonLenient } from '../../src-main/core/canonical-json.ts'
import type { JsonObject } from '../../src-main/core/types.ts'
import { startTrustingHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixError } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { seedsOf, tellSeed } from '../harness/process/seeds.ts'
import { seededRandom } from '../harness/process/wait.ts'

const ROUNDS = Number(process.env['HEARTH_KILL_ROUNDS'] ?? 50)
/** A seed that found something stays here, by the name of what was found. */
const SEEDS = seedsOf([])
const WRITERS = 4

let victim: HearthProcess
let witness: HearthProcess
let alice: MatrixUser
let bob: MatrixUser

beforeAll(async () => {
  ;[victim, witness] = await Promise.all([startTrustingHearth('victim'), startTrustingHearth('witness')])
  alice = await MatrixUser.register(victim, 'alice')
  bob = await MatrixUser.register(witness, 'bob')
  await bob.startSync({ timelineLimit: 500 })
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([victim?.stop(), witness?.stop()])
}, 30_000)

/** Numbers each write, so that a write that was repeated after a crash is known again. */
class Writer {
  /** Text of the write, and the event id it was acknowledged with. */
  readonly acknowledged = new Map<string, string>()
  private readonly user: MatrixUser
  private readonly room: string
  private readonly name: string
  private next = 0

  constructor(user: MatrixUser, room: string, name: string) {
    this.user = user
    this.room = room
    this.name = name
  }

  /** Writes until `stopped` or until the server is gone. What was not acknowledged is written again next time. */
  async run(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      const text = `${this.name}/${this.next}`
      try {
        const content = { msgtype: 'm.text', body: text }
        this.acknowledged.set(
          text,
          await this.user.sendEvent(this.room, 'm.room.message', content, `txn/${text}`),
        )
        this.next++
      } catch (error) {
        // A refusal is a fault; a connection that breaks is what this test is about.
        if (error instanceof MatrixError) throw error
        return
      }
    }
  }
}

/** Checks a copy: opening the database itself would repair what the node must repair alone. */
function integrityOfCopy(dataDir: string): string[] {
  const copy = join(scratchFolder('copy'), 'data')
  mkdirSync(copy)
  cpSync(dataDir, copy, { recursive: true })
  const database = new DatabaseSync(join(copy, 'hearth.db'))
  const rows = [
    ...database.prepare('PRAGMA integrity_check').all(),
    ...database.prepare('PRAGMA foreign_key_check').all(),
  ]
  database.close()
  rmSync(copy, { recursive: true })
  return rows.map((row) => Object.values(row).join(' '))
}

test.each(SEEDS)(
  `kill -9 under load, ${ROUNDS} times: nothing acknowledged is lost (%s: %i)`,
  async (_, seed) => {
    tellSeed(seed)
    const random = seededRandom(seed)
    const room = await alice.createRoom({ preset: 'public_chat' })
    await bob.join(room, victim.serverName)
    const writers = Array.from({ length: WRITERS }, (_, n) => new Writer(alice, room, `alice${n}`))
    const others = [new Writer(bob, room, 'bob')]
    let over = false
    // Bob's server stays up, so his writes run through all rounds, paced to leave time for the rest.
    const bobs = others[0]?.run(() => over)

    const checked = new Set<string>()
    for (let round = 0; round < ROUNDS; round++) {
      const running = writers.map(async (writer) => await writer.run(() => false))
      await delay(20 + random() * 400)
      await victim.kill()
      await Promise.all(running)
      expect(integrityOfCopy(victim.dataDir), `round ${round}`).toEqual(['ok'])
      await victim.start()
      const fresh = writers
        .flatMap((writer) => [...writer.acknowledged.values()])
        .filter((id) => !checked.has(id))
      await Promise.all(
        fresh.map(async (id) => {
          expect((await alice.event(room, id)).event_id, `round ${round}`).toBe(id)
          checked.add(id)
        }),
      )
    }
    over = true
    await bobs

    const acknowledged = [...writers, ...others].flatMap((writer) => [...writer.acknowledged])
    // The test is worth something only under load.
    expect(acknowledged.length).toBeGreaterThan(ROUNDS * 5)
    const view = bob.room(room)
    await bob.waitFor(
      'everything that was acknowledged',
      () => acknowledged.every(([, id]) => view.has(id)),
      60_000,
    )
    expect(view.repeated).toEqual([])
    const messages = async (user: MatrixUser) => {
      const events = await user.history(room)
      // The order of an object's keys says nothing.
      return new Map(
        events.map((event) => [
          event.event_id,
          `${event.type} ${canonicalJsonLenient(event.content as JsonObject)}`,
        ]),
      )
    }
    // Both servers have the same room.
    await expect
      .poll(
        async () => {
          const [here, there] = [await messages(alice), await messages(bob)]
          return [
            ...[...here]
              .filter(([id, content]) => there.get(id) !== content)
              .map((row) => ['victim', ...row]),
            ...[...there].filter(([id]) => !here.has(id)).map((row) => ['witness', ...row]),
          ]
        },
        { timeout: 60_000, interval: 500 },
      )
      .toEqual([])
    const history = await messages(alice)
    for (const [, id] of acknowledged) expect(history.has(id)).toBe(true)
    // A write repeated under its transaction id after a crash has made one event, not two.
    const texts = [...history.values()].filter((content) => content.startsWith('m.room.message'))
    expect(new Set(texts).size).toBe(texts.length)
    const state = async (user: MatrixUser) =>
      (await user.roomState(room)).map((event) => event.event_id).toSorted()
    expect(await state(alice)).toEqual(await state(bob))
  },
  300_000,
)
