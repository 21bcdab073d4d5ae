import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { download, upload } from './media.ts'
import { MatrixError } from './matrix-http.ts'
import { MatrixUser, type ServerAddress } from './matrix-user.ts'
import type { ClientEvent } from './sync-view.ts'
import { until } from './wait.ts'

/*
 * People at work in a room while their servers or the line between them are in trouble, and the check that in
 * the end every server tells the same conversation, with everything in it once.
 */

/** Everything that one round of an actor left behind. */
export interface Episode {
  readonly name: string
  readonly root: string
  readonly edit: string
  readonly thread: readonly string[]
  readonly deleted: string
  readonly file: { readonly url: string; readonly sha256: string; readonly message: string }
}

const PAUSE_MS = 150
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const text = (body: string, more: object = {}) => ({ msgtype: 'm.text', body, ...more })

/** One person at work in the room, whose server may go away at any moment. */
export class Actor {
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
    for (let n = 0; !over(); n++) {
      this.episodes.push(await this.episode(`${this.name}/${n}`))
      // A person pauses, and the check reads everything again.
      await delay(PAUSE_MS)
    }
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

/** Waits until the servers of `readers` have the same events, and checks that all episodes are whole on each. */
export async function sameConversation(
  readers: readonly MatrixUser[],
  room: string,
  episodes: readonly Episode[],
): Promise<void> {
  const histories = async () =>
    await Promise.all(
      readers.map(
        async (user) => new Map((await user.history(room)).map((event) => [event.event_id, event])),
      ),
    )
  const wanted = episodes.flatMap((one) => [one.root, one.edit, ...one.thread, one.file.message, one.deleted])
  await until(
    'all servers have the same conversation',
    async () => {
      const all = await histories()
      const everything = new Set([...wanted, ...all.flatMap((history) => [...history.keys()])])
      for (const [at, history] of all.entries()) {
        const missing = [...everything].filter((id) => !history.has(id))
        const shown = missing.slice(0, 5).map((id) => JSON.stringify(all.find((one) => one.has(id))?.get(id)))
        if (missing.length > 0)
          throw new Error(`${readers[at]?.userId} lacks ${missing.length} events: ${shown.join(' ')}`)
      }
      return true
    },
    60_000,
    500,
  )
  for (const user of readers) {
    for (const episode of episodes) {
      await until(
        `${episode.name} is whole for ${user.userId}`,
        async () => {
          await checkEpisode(user, room, episode)
          return true
        },
        30_000,
        200,
      )
    }
    const bodies = (await user.history(room)).flatMap((event) => event.content['body'] ?? [])
    expect(new Set(bodies).size).toBe(bodies.length)
  }
}

/**
 * Two devices that were there all the time and one that comes new count the same; reading on one is reading on all.
 * `other` says something first: whoever spoke last has nothing unread.
 */
export async function agreeOnUnread(
  devices: readonly MatrixUser[],
  node: ServerAddress,
  room: string,
  other: MatrixUser,
): Promise<void> {
  const said = await other.say(room, `the last word of ${other.userId}`)
  for (const device of devices) await device.waitFor('the last word', () => device.room(room).has(said))
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
      `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/receipt/m.read/${encodeURIComponent(last)}`,
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
