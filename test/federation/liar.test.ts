import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { EventId, JsonObject, UserId } from '../../src-main/core/types.ts'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { Liar, LiarsRoom } from '../harness/process/liar.ts'
import { endlessAnswer, filler } from '../harness/process/lies.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { ownerOf } from '../harness/process/owner.ts'

/*
 * A real node among an honest one and a server that proves who it is and then lies. Whatever it says, the node
 * lives, stays below the bound on its memory, goes on serving the honest one, and says what happened.
 */

/** The highest that the node's resident memory may ever have been; an idle node has some 150 MB. */
const MEMORY_BOUND = 1.5 * 1024 ** 3
/** A message between the two honest nodes, while the liar does its worst. */
const MESSAGE_WITHIN_MS = 15_000

const args = ['--no-mdns']
let node: HearthProcess
let honest: HearthProcess
let liar: Liar
let alice: MatrixUser
let bob: MatrixUser
let room: string
let said = 0

const addressOf = (of: HearthProcess) => ({
  serverName: of.serverName,
  port: Number(new URL(of.ready.federation_url).port),
})

beforeAll(async () => {
  ;[node, honest, liar] = await Promise.all([
    startHearth({ label: 'node', args }),
    startHearth({ label: 'honest', args }),
    Liar.start(),
  ])
  ;[alice, bob] = await Promise.all([ownerOf(node), ownerOf(honest)])
  const introduce = async (user: MatrixUser, serverName: string, port: number) =>
    await user.call('POST', '/_hearth/v1/peers', {
      body: { server_name: serverName, address: `127.0.0.1:${port}` },
    })
  await introduce(alice, honest.serverName, addressOf(honest).port)
  await introduce(alice, liar.serverName, liar.port)
  await introduce(bob, node.serverName, addressOf(node).port)
  await Promise.all([alice.startSync(), bob.startSync()])
  room = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
  await bob.waitFor('the invite', () => bob.room(room).membership === 'invite')
  await bob.join(room)
  await alice.waitFor('the join', () => alice.room(room).membershipOf(bob.userId) === 'join')
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([node?.stop(), honest?.stop(), liar?.stop()])
}, 30_000)

afterEach(async () => {
  await honestMessage()
  expect(node.running, node.stderr).toBe(true)
  expect(memoryPeak()).toBeLessThan(MEMORY_BOUND)
})

function memoryPeak(): number {
  if (process.platform !== 'linux') return 0
  const text = readFileSync(`/proc/${node.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) * 1024
}

async function honestMessage(): Promise<number> {
  const text = `honest ${++said}`
  const began = performance.now()
  await alice.say(room, text)
  await bob.waitForText(room, text)
  const took = performance.now() - began
  expect(took, text).toBeLessThan(MESSAGE_WITHIN_MS)
  return took
}

/** Lets alice join a room of the liar, whose `send_join` answers so; gives the error, or undefined where it went well. */
async function joinOf(
  liarsRoom: LiarsRoom,
  sendJoin: (outgoing: ServerResponse, event: string) => unknown,
): Promise<{ status: number; text: string } | undefined> {
  liar.on('make_join', (incoming) => liarsRoom.template(incoming.url ?? ''))
  liar.on('send_join', (_, outgoing, body) => sendJoin(outgoing, body))
  try {
    await alice.join(liarsRoom.roomId, liar.serverName)
    return undefined
  } catch (error) {
    return { status: Number((error as { status?: number }).status), text: String(error) }
  }
}

test('a join that tells the truth works, so that the lies below are what fails', async () => {
  const liarsRoom = new LiarsRoom(liar)
  expect(await joinOf(liarsRoom, (_, event) => liarsRoom.answer(event))).toBeUndefined()
})

test.each([
  ['empty objects', '{},'],
  ['nested lists', '[[[[]]]],'],
])(
  'a long answer that is worth gigabytes: %s',
  async (_, piece) => {
    const liarsRoom = new LiarsRoom(liar)
    const text = filler(piece, 48)
    const joining = joinOf(liarsRoom, (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      outgoing.end(`{"auth_chain":[],"state":[${text.slice(0, -1)}]}`)
    })
    await honestMessage()
    expect(await joining).toMatchObject({ status: 502, text: expect.stringMatching(/answer/) })
  },
  60_000,
)

test('an answer that never ends is left off', async () => {
  const liarsRoom = new LiarsRoom(liar)
  let sent = 0
  const joining = joinOf(liarsRoom, (outgoing) => endlessAnswer(outgoing, () => sent++))
  expect(await joining).toMatchObject({ status: 502 })
  expect(sent).toBeLessThan(300)
}, 60_000)

test.each<[string, (outgoing: ServerResponse) => void]>([
  ['before it answers', (outgoing) => void outgoing.destroy()],
  [
    'in the middle of its answer',
    (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' })
      outgoing.write('{"state":[{"type":"m.room.create"')
      setTimeout(() => outgoing.destroy(), 50)
    },
  ],
])(
  'a server that vanishes in the middle of a join, %s: said at once, and the next try works',
  async (_, vanish) => {
    const liarsRoom = new LiarsRoom(liar)
    const began = performance.now()
    expect(await joinOf(liarsRoom, (outgoing) => vanish(outgoing))).toMatchObject({
      status: 502,
      text: expect.stringMatching(/could not be reached|cannot be reached|failed/),
    })
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(await joinOf(liarsRoom, (__, event) => liarsRoom.answer(event))).toBeUndefined()
  },
)

test.each<[string, JsonObject]>([
  ['texts', { users: { '@a:b': '100' }, users_default: '50' }],
  [
    'numbers beyond all',
    { users_default: Number.MAX_SAFE_INTEGER, events_default: -Number.MAX_SAFE_INTEGER },
  ],
  ['lists and nothing', { users: [], events: null, ban: {}, kick: [] } as unknown as JsonObject],
  [
    'a thousand users',
    { users: Object.fromEntries(Array.from({ length: 1_000 }, (__, n) => [`@u${n}:x.y`, n])) },
  ],
])('a room whose power levels are %s', async (_, content) => {
  const liarsRoom = new LiarsRoom(liar, '9')
  liarsRoom.add('m.room.power_levels', '', content)
  // Joined or refused: either is fine, and whichever it is, the node can say what it thinks of the room.
  await joinOf(liarsRoom, (__, event) => liarsRoom.answer(event))
  await alice.say(liarsRoom.roomId, 'anybody there?').catch(() => undefined)
})

test('state of send_join that belongs to nobody, another room, or is a lie about itself', async () => {
  const liarsRoom = new LiarsRoom(liar)
  const elsewhere = new LiarsRoom(liar)
  const forged = liarsRoom.draft({
    type: 'm.room.name',
    stateKey: '',
    content: { name: 'forged' },
    sender: alice.userId as UserId,
  })
  const error = await joinOf(liarsRoom, (_, event) => {
    const answer = liarsRoom.answer(event)
    const lies = [forged.json, elsewhere.last.json, {}, { type: 7 }, { ...liarsRoom.last.json, depth: -1 }]
    return { ...answer, state: [...(answer['state'] as JsonObject[]), ...lies] }
  })
  expect(error).toBeUndefined()
  const state = await alice.roomState(liarsRoom.roomId)
  expect(state.filter((event) => event.type === 'm.room.name')).toEqual([])
  expect(state.filter((event) => event.type === 'm.room.join_rules')).toHaveLength(1)
})

test('ancestors without end, made as fast as they are asked for', async () => {
  const liarsRoom = new LiarsRoom(liar)
  expect(await joinOf(liarsRoom, (_, event) => liarsRoom.answer(event))).toBeUndefined()
  let made = 0
  const unknown = (): EventId => `$${String(++made).padStart(43, 'x')}` as EventId
  const message = (prevEvents: EventId[], depth = 2 ** 40) =>
    liarsRoom.draft({ type: 'm.room.message', content: { body: 'x' }, prevEvents, depth })
  liar.on('get_missing_events', () => ({
    events: Array.from({ length: 50 }, () => message([unknown()]).json),
  }))
  liar.on('/backfill/', () => ({
    pdus: Array.from({ length: 100 }, () => message([unknown()]).json),
  }))
  liar.on('/state_ids/', () => ({
    pdu_ids: Array.from({ length: 30 }, unknown),
    auth_chain_ids: Array.from({ length: 30_000 }, unknown),
  }))
  liar.on('/state/', () => ({ pdus: Array.from({ length: 30_000 }, () => ({})), auth_chain: [] }))
  const transaction = {
    origin: liar.serverName,
    origin_server_ts: 1,
    pdus: [message(Array.from({ length: 20 }, unknown), Number.MAX_SAFE_INTEGER).json],
  }
  const sent = liar.send(addressOf(node), 'PUT', '/_matrix/federation/v1/send/endless', transaction)
  for (let n = 0; n < 10; n++) await honestMessage()
  await sent
  for (let n = 0; n < 10; n++) await honestMessage()
}, 60_000)

test('a flood of everything that is no transaction', async () => {
  const to = addressOf(node)
  const uri = (n: number): string => `/_matrix/federation/v1/send/flood${n}`
  const transaction = (change: JsonObject): JsonObject => ({
    origin: liar.serverName,
    origin_server_ts: 1,
    pdus: [],
    ...change,
  })
  const deep = `{"pdus":[{"content":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}]}`
  const kinds: ((n: number) => Promise<{ status: number; errcode: string }>)[] = [
    // In the name of the honest one, signed with another key.
    async (n) =>
      await liar.sendRaw(
        to,
        'PUT',
        uri(n),
        transaction({ origin: honest.serverName }),
        JSON.stringify(transaction({ origin: honest.serverName })),
        honest.serverName,
      ),
    async (n) =>
      await liar.sendRaw(to, 'PUT', uri(n), transaction({}), Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
    async (n) => await liar.sendRaw(to, 'PUT', uri(n), transaction({}), deep),
    async (n) => await liar.sendRaw(to, 'PUT', uri(n), transaction({}), `{"pdus":[${filler('{},', 1)}{}]}`),
    async (n) =>
      await liar.send(to, 'PUT', uri(n), transaction({ pdus: Array.from({ length: 51 }, () => ({})) })),
    async (n) =>
      await liar.send(
        to,
        'PUT',
        uri(n),
        transaction({ pdus: [{ room_id: room, type: 'm.room.message', sender: liar.user, content: {} }] }),
      ),
  ]
  const statuses = new Map<number, number>()
  let over = false
  const flood = kinds.map(async (kind) => {
    for (let n = 0; !over && n < 300; n++) {
      const { status } = await kind(n)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  })
  const flooding = Promise.all(flood)
  flooding.catch(() => undefined)
  for (let n = 0; n < 15; n++) await honestMessage()
  over = true
  await flooding
  expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([])
  expect(alice.room(room).texts(liar.user)).toEqual([])
}, 60_000)
