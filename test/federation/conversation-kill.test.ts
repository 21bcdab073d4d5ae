import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHearth, trustedTestArgs, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixError } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { download, upload } from '../harness/process/media.ts'
import type { ClientEvent } from '../harness/process/sync-view.ts'
import { freePort } from '../harness/process/scratch.ts'
import { seededRandom, until } from '../harness/process/wait.ts'

/*
 * Alice's node is killed again and again while she and Bob, on another node, write, edit, react, answer in
 * threads, share files and delete. Both go on as a client does: what was not acknowledged is asked for again
 * under the same transaction id. In the end both servers show the same conversation, everything once.
 */
const ROUNDS = Number(process.env['HEARTH_KILL_ROUNDS'] ?? 8)
const SEED = Number(process.env['HEARTH_KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const ACTORS = 2
const CLIENT = '/_matrix/client/v3'

let victim: HearthProcess
let witness: HearthProcess
/** Alice and Bob, each with two devices. */
let alice: MatrixUser[] = []
let bob: MatrixUser[] = []

async function startNode(label: string): Promise<HearthProcess> {
  const port = await freePort()
  return await startHearth({
    label,
    serverName: `localhost:${port}`,
    federationListen: `127.0.0.1:${port}`,
    args: [...trustedTestArgs, '--insecure-skip-tls-verify'],
  })
}

beforeAll(async () => {
  ;[victim, witness] = await Promise.all([startNode('victim'), startNode('witness')])
  alice = [await MatrixUser.register(victim, 'alice'), await MatrixUser.login(victim, 'alice')]
  bob = [await MatrixUser.register(witness, 'bob'), await MatrixUser.login(witness, 'bob')]
  for (const device of [...alice, ...bob]) await device.startSync({ threads: true, timelineLimit: 500 })
}, 60_000)

afterAll(async () => {
  await Promise.all([...alice, ...bob].map(async (device) => await device.close()))
  await Promise.all([victim?.stop(), witness?.stop()])
}, 30_000)

/** Everything that one round of an actor left behind. */
interface Episode {
  readonly name: string
  readonly root: string
  readonly edit: string
  readonly thread: readonly string[]
  readonly deleted: string
  readonly file: { readonly url: string; readonly sha256: string; readonly message: string }
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const text = (body: string, more: object = {}) => ({ msgtype: 'm.text', body, ...more })

/** One person at work in the room, whose server may go away at any moment. */
class Actor {
  readonly episodes: Episode[] = []
  private readonly user: MatrixUser
  private readonly room: string
  private readonly name: string

  constructor(user: MatrixUser, room: string, name: string) {
    this.user = user
    this.room = room
    this.name = name
  }

  async run(over: () => boolean): Promise<void> {
    for (let n = 0; !over(); n++) this.episodes.push(await this.episode(`${this.name}/${n}`))
  }

  private async episode(name: string): Promise<Episode> {
    const root = await this.send(`${name}/root`, text(`${name} root`))
    const edit = await this.send(
      `${name}/edit`,
      text(`* ${name} edited`, {
        'm.new_content': text(`${name} edited`),
        'm.relates_to': { rel_type: 'm.replace', event_id: root },
      }),
    )
    await this.send(
      `${name}/react`,
      { 'm.relates_to': { rel_type: 'm.annotation', event_id: root, key: '👍' } },
      'm.reaction',
    )
    const thread: string[] = []
    for (const at of [1, 2]) {
      const relation = { 'm.relates_to': { rel_type: 'm.thread', event_id: root, is_falling_back: true } }
      thread.push(await this.send(`${name}/thread${at}`, text(`${name} answer ${at}`, relation)))
    }
    const bytes = randomBytes(300_000)
    const url = await this.insist(() => upload(this.user, bytes, 'application/octet-stream', 'a.bin'))
    const message = await this.send(`${name}/file`, { msgtype: 'm.file', body: `${name} file`, url })
    const deleted = await this.send(`${name}/deleted`, text(`${name} deleted`))
    await this.insist(() => this.user.redact(this.room, deleted, `txn/${name}/redact`))
    return { name, root, edit, thread, deleted, file: { url, sha256: sha256(bytes), message } }
  }

  private async send(txn: string, content: object, type = 'm.room.message'): Promise<string> {
    return await this.insist(() => this.user.sendEvent(this.room, type, content, `txn/${txn}`))
  }

  /** As a client does: a broken connection is tried again, a refusal is a fault. */
  private async insist<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (error instanceof MatrixError) throw error
        await delay(20)
      }
    }
  }
}

async function related(user: MatrixUser, room: string, id: string, relation: string): Promise<ClientEvent[]> {
  const path = `/_matrix/client/v1/rooms/${encodeURIComponent(room)}/relations/${encodeURIComponent(id)}/${relation}`
  return (await user.call<{ chunk: ClientEvent[] }>('GET', path, { query: { limit: 50 } })).chunk
}

/** The episode as `user`'s server tells it. */
async function checkEpisode(user: MatrixUser, room: string, episode: Episode): Promise<void> {
  const root = await user.event(room, episode.root)
  expect(root.unsigned?.['m.relations'], episode.name).toMatchObject({
    'm.replace': { event_id: episode.edit },
    'm.thread': { count: 2, latest_event: { event_id: episode.thread[1] } },
  })
  const ids = async (relation: string) =>
    (await related(user, room, episode.root, relation)).map((event) => event.event_id)
  expect(await ids('m.thread'), episode.name).toEqual(episode.thread.toReversed())
  expect(await ids('m.replace'), episode.name).toEqual([episode.edit])
  expect(await ids('m.annotation'), episode.name).toHaveLength(1)
  expect((await user.event(room, episode.deleted)).content, episode.name).toEqual({})
  const file = await download(user, episode.file.url)
  expect(sha256(file.body), episode.name).toBe(episode.file.sha256)
}

test(`a conversation goes on while one of the nodes is killed ${ROUNDS} times (seed ${SEED})`, async () => {
  const random = seededRandom(SEED)
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

  const historyOf = async (user: MatrixUser) =>
    new Map((await user.history(room)).map((event) => [event.event_id, JSON.stringify(event.content)]))
  await until(
    'both servers have the same conversation',
    async () => {
      const [here, there] = [await historyOf(alice1), await historyOf(bob1)]
      return here.size === there.size && [...here].every(([id, content]) => there.get(id) === content)
    },
    60_000,
    500,
  )
  for (const user of [alice1, bob1]) for (const episode of episodes) await checkEpisode(user, room, episode)

  const bodies = [...(await historyOf(alice1)).values()].filter((content) => content.includes('"body"'))
  expect(new Set(bodies).size).toBe(bodies.length)
  for (const device of [...alice, ...bob]) {
    await device.waitFor('all files', () =>
      episodes.every((one) => device.room(room).has(one.file.message) && device.room(room).has(one.deleted)),
    )
    expect(device.room(room).repeated).toEqual([])
  }

  for (const [devices, node] of [
    [alice, victim],
    [bob, witness],
  ] as const)
    await agreeOnUnread(devices, node, room)
}, 180_000)

/** Two devices that were there all the time and one that comes new count the same; reading on one is reading on all. */
async function agreeOnUnread(devices: readonly MatrixUser[], node: HearthProcess, room: string) {
  const counts = (device: MatrixUser) => {
    const view = device.room(room)
    const threads = Object.entries(view.unreadThreads).toSorted(([a], [b]) => a.localeCompare(b))
    return JSON.stringify([view.unread, threads])
  }
  const localpart = /^@([^:]+):/.exec(devices[0]?.userId ?? '')?.[1] ?? ''
  const fresh = await MatrixUser.login(node, localpart)
  try {
    await fresh.startSync({ threads: true })
    expect(fresh.room(room).unread.notification_count).toBeGreaterThan(0)
    for (const device of devices)
      await device.waitFor('the same counts', () => counts(device) === counts(fresh))
    const last = fresh.room(room).timeline.at(-1)?.event_id ?? ''
    await fresh.call(
      'POST',
      `${CLIENT}/rooms/${encodeURIComponent(room)}/receipt/m.read/${encodeURIComponent(last)}`,
      { body: {} },
    )
    for (const device of [fresh, ...devices])
      await device.waitFor('nothing unread', () => {
        const view = device.room(room)
        const threads = Object.values(view.unreadThreads)
        return [view.unread, ...threads].every((one) => (one.notification_count ?? 0) === 0)
      })
  } finally {
    await fresh.close()
  }
}
