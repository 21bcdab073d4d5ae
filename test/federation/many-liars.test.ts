/**
 * A real node among an honest one and several servers that prove who they are and then lie, in the largest way that
 * is allowed and all at once: bounded in work and memory, and the honest one is heard meanwhile.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { Liar, LiarsRoom } from '../harness/process/liar.ts'
import { EndlessHistory, endlessAnswer, filler, largeAnswer, swollenAnswer } from '../harness/process/lies.ts'
import { MatrixError } from '../harness/process/matrix-http.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { introduce, ownerOf } from '../harness/process/owner.ts'
import { peakMemory } from '../harness/process/peak-memory.ts'
import type { ClientEvent } from '../harness/process/sync-view.ts'
import { until } from '../harness/process/wait.ts'

/** What the README promises. */
const MEMORY_BOUND = 1.5 * 1024 ** 3
const MESSAGE_WITHIN_MS = 15_000
/** Of state in one answer; the node reads up to 100. Where its events are small a test has no time for so much. */
const LARGE_MB = Number(process.env['HEARTH_LIARS_MB'] ?? 95)
const SMALL_MB = Number(process.env['HEARTH_LIARS_SMALL_MB'] ?? 8)

const args = ['--no-mdns']
let node: HearthProcess
let honest: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
let room: string
let said = 0
const liars: Liar[] = []

beforeAll(async () => {
  ;[node, honest] = await Promise.all([
    startHearth({ label: 'node', args }),
    startHearth({ label: 'honest', args }),
  ])
  ;[alice, bob] = await Promise.all([ownerOf(node), ownerOf(honest)])
  await Promise.all([introduce(alice, honest), introduce(bob, node)])
  // Not alice: her client would scroll back to where her rooms have no end.
  await bob.startSync()
  room = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
  await bob.waitFor('the invite', () => bob.room(room).membership === 'invite')
  await bob.join(room)
  await honestMessages(1)
  peakMemory(node.pid)
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([node?.stop(), honest?.stop(), ...liars.map(async (liar) => await liar.stop())])
}, 30_000)

afterEach(async ({ task }) => {
  await honestMessages(1)
  expect(node.running, node.stderr).toBe(true)
  const peak = peakMemory(node.pid)
  process.stdout.write(`  ${Math.round(peak / 2 ** 20)} MB at most: ${task.name}\n`)
  expect(peak).toBeLessThan(MEMORY_BOUND)
})

async function startLiar(): Promise<Liar> {
  const liar = await Liar.start()
  liars.push(liar)
  const body = { server_name: liar.serverName, address: `127.0.0.1:${liar.port}` }
  await alice.call('POST', '/_hearth/v1/peers', { body })
  return liar
}

/** What alice sees at the end of a room. */
async function latest(roomId: string): Promise<unknown[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages`
  const page = await alice.call<{ chunk: ClientEvent[] }>('GET', path, { query: { dir: 'b', limit: 5 } })
  return page.chunk.map(({ content }) => content['body'])
}

/** Who is asked to wait before saying more does, as every client. */
async function say(user: MatrixUser, text: string): Promise<void> {
  for (;;) {
    try {
      await user.say(room, text)
      return
    } catch (error) {
      const wait = error instanceof MatrixError && error.status === 429 ? error.body : undefined
      if (wait === undefined) throw error
      await delay((wait as { retry_after_ms: number }).retry_after_ms)
    }
  }
}

/** Both ways, one after the other. */
async function honestMessages(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const began = performance.now()
    const texts = [`alice ${++said}`, `bob ${said}`] as const
    await say(alice, texts[0])
    await bob.waitForText(room, texts[0])
    await say(bob, texts[1])
    await until('bob is heard', async () => (await latest(room)).includes(texts[1]), MESSAGE_WITHIN_MS)
    expect(performance.now() - began).toBeLessThan(MESSAGE_WITHIN_MS)
  }
}

/** Alice joins a room of the liar, whose `send_join` answers so; gives the error, or undefined where it went well. */
async function joinOf(
  liar: Liar,
  liarsRoom: LiarsRoom,
  sendJoin: (outgoing: ServerResponse, event: string) => unknown,
): Promise<{ status: number; text: string } | undefined> {
  liar.on(`/make_join/${liarsRoom.roomId}`, (incoming) => liarsRoom.template(incoming.url ?? ''))
  liar.on(`/send_join/${liarsRoom.roomId}`, (_, outgoing, body) => sendJoin(outgoing, body))
  try {
    // As long as it takes: what else goes on meanwhile is what is looked at.
    await alice.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(liarsRoom.roomId)}`, {
      body: {},
      query: { via: liar.serverName },
      timeoutMs: 170_000,
    })
    return undefined
  } catch (error) {
    return { status: Number((error as { status?: number }).status), text: String(error) }
  }
}

const toNode = () => ({ serverName: node.serverName, port: Number(new URL(node.ready.federation_url).port) })

/** Alice is in a room of the liar below whose newest message history never ends, and everybody asks for it. */
async function beginEndlessHistory(): Promise<{ liar: Liar; liarsRoom: LiarsRoom; history: EndlessHistory }> {
  const liar = await startLiar()
  const liarsRoom = new LiarsRoom(liar, '2')
  expect(await joinOf(liar, liarsRoom, (_, event) => liarsRoom.answer(event))).toBeUndefined()
  const history = new EndlessHistory(liar, liarsRoom)
  const transaction = { origin: liar.serverName, origin_server_ts: 1, pdus: [history.newest()] }
  const answer = await liar.send(toNode(), 'PUT', '/_matrix/federation/v1/send/endless', transaction)
  expect(answer.status).toBe(200)
  return { liar, liarsRoom, history }
}

test('history that hangs together and never ends', async () => {
  const { liar, liarsRoom, history } = await beginEndlessHistory()
  await until('the newest is shown', async () => (await latest(liarsRoom.roomId)).includes('endless 0'))
  const told = async (): Promise<boolean> => {
    await honestMessages(1)
    return node.stderr.includes(`left for later room=${liarsRoom.roomId}`)
  }
  await until('the rest is left for later, and this is said', told, 120_000)
  // 250 pages an hour, and what a timeline shows at first.
  expect(history.given).toBeGreaterThan(20_000)
  expect(history.given).toBeLessThan(26_000)
  expect(liar.asked.filter((line) => line.includes('/backfill/')).length).toBeLessThan(260)
  await alice.say(liarsRoom.roomId, 'mine')
  expect((await latest(liarsRoom.roomId)).slice(0, 2)).toEqual(['mine', 'endless 0'])
}, 180_000)

function answerText(outgoing: ServerResponse, text: string): void {
  outgoing.writeHead(200, { 'content-type': 'application/json' })
  outgoing.end(text)
}

test.each([
  ['few large events, of five liars at once', 5, LARGE_MB, 60_000],
  ['many small events', 1, SMALL_MB, 10],
])(
  'a state as large as an answer may be: %s',
  async (_, servers, megabytes, bytes) => {
    const rooms: LiarsRoom[] = []
    const joins: ReturnType<typeof joinOf>[] = []
    for (let n = 0; n < servers; n++) {
      const liar = await startLiar()
      const liarsRoom = new LiarsRoom(liar)
      rooms.push(liarsRoom)
      const answer = largeAnswer(liarsRoom, megabytes, bytes)
      joins.push(joinOf(liar, liarsRoom, (outgoing, event) => answerText(outgoing, answer(event))))
    }
    let over = false
    const joining = Promise.all(joins).finally(() => {
      over = true
    })
    while (!over) await honestMessages(1)
    expect(await joining).toEqual(rooms.map(() => undefined))
    for (const { roomId } of rooms) {
      await alice.say(roomId, 'mine')
      expect(await latest(roomId)).toContain('mine')
    }
  },
  180_000,
)

test('large answers that never end hold up no others', async () => {
  const slow = [await startLiar(), await startLiar(), await startLiar()]
  const begun: ServerResponse[] = []
  const joins = slow.map((liar) =>
    joinOf(liar, new LiarsRoom(liar), (outgoing) => {
      begun.push(outgoing)
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      outgoing.write(`{"auth_chain":[],"state":["${filler('x', 12)}`)
    }),
  )
  const joining = Promise.all(joins)
  await until('all have begun', () => begun.length === slow.length)
  const open = await bob.createRoom({ preset: 'public_chat', name: 'Open' })
  await alice.join(open, honest.serverName)
  await alice.say(open, 'here')
  await bob.waitForText(open, 'here')
  for (const outgoing of begun) outgoing.destroy()
  expect((await joining).map((failed) => failed?.status)).toEqual([502, 502, 502])
}, 60_000)

/** Transactions as large as they may be, none of whose events is one, until it is over. Answers the statuses. */
async function flood(over: () => boolean): Promise<number[]> {
  const liar = await startLiar()
  const junk = {
    room_id: room,
    type: 'm.room.message',
    sender: liar.user,
    content: { body: filler('x', 0.2) },
  }
  const pdus = Array.from({ length: 50 }, () => junk)
  const transaction = { origin: liar.serverName, origin_server_ts: 1, pdus }
  const statuses = new Set<number>()
  for (let n = 0; !over(); n++) {
    const { status } = await liar.send(toNode(), 'PUT', `/_matrix/federation/v1/send/flood${n}`, transaction)
    statuses.add(status)
  }
  return [...statuses]
}

test('five liars of different kinds at once', async () => {
  const [endless, swollen, large] = [await startLiar(), await startLiar(), await startLiar()]
  const largeRoom = new LiarsRoom(large)
  const answer = largeAnswer(largeRoom, LARGE_MB, 60_000)
  const { history } = await beginEndlessHistory()
  let over = false
  const joining = Promise.all([
    joinOf(endless, new LiarsRoom(endless), (outgoing) => endlessAnswer(outgoing)),
    joinOf(swollen, new LiarsRoom(swollen), (outgoing) => swollenAnswer(outgoing)),
    joinOf(large, largeRoom, (outgoing, event) => answerText(outgoing, answer(event))),
  ]).finally(() => {
    over = true
  })
  const flooding = flood(() => over)
  while (!over) await honestMessages(1)
  await honestMessages(10)
  expect(await joining).toEqual([
    { status: 502, text: expect.stringMatching(/larger than \d+ bytes/) },
    { status: 502, text: expect.stringMatching(/too many values/) },
    undefined,
  ])
  expect((await flooding).filter((status) => status >= 500)).toEqual([])
  expect(history.given).toBeLessThan(26_000)
}, 180_000)
