/** A room that is exported, and checked offline: as it is, and tampered with in each way. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contentHash } from '../../src-main/core/hashes.ts'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import { signPduJson } from '../../src-main/core/signatures.ts'
import type {
  JsonObject,
  PduJson,
  RoomId,
  RoomVersionId,
  ServerName,
  UserId,
} from '../../src-main/core/types.ts'
import { createInspectorApp } from '../../src-main/inspector/app.ts'
import { captureEndpoints, exportEndpoints } from '../../src-main/inspector/export/index.ts'
import { createTrace } from '../../src-main/inspector/trace.ts'
import { Logger } from '../../src-main/trace/log.ts'
import { createExportReader } from '../../src-main/storage/rooms/export-reader.ts'
import { verifyCommand } from '../../src-main/verify/index.ts'
import { Forger } from '../harness/forger.ts'
import { inspectedRooms } from '../harness/inspector.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'
import { scratchFolder } from '../harness/process/scratch.ts'

let network: TestNetwork
let one: TestNode
let evil: TestNode
let alice: UserId
let mallory: UserId
let roomId: RoomId
const file = join(scratchFolder('export'), 'room.jsonl')

beforeEach(async () => {
  network = await TestNetwork.start(57, 'one.test', 'evil.test')
  one = network.node('one.test')
  evil = network.node('evil.test')
  alice = one.user('alice')
  mallory = evil.user('mallory')
})

afterEach(() => network.stop())

/** Somebody says something, something is deleted, and something is refused, of each kind. */
async function room(roomVersion: RoomVersionId): Promise<void> {
  roomId = await one.rooms.createRoom({
    creator: alice,
    preset: 'public_chat',
    roomVersion,
    name: 'Private words',
  })
  await network.during(evil.rooms.joinRoom({ user: mallory, room: roomId, via: [one.name] }))
  await one.text(roomId, alice, 'private words')
  const deleted = await one.text(roomId, alice, 'deleted words')
  await one.rooms.redactEvent({ roomId, sender: alice, target: deleted })
  await network.settle()
  const forger = new Forger(network, evil, one, roomId)
  const name = { type: 'm.room.name', sender: mallory, stateKey: '', content: { name: 'mine' } }
  await forger.send(forger.forge(name).json)
  const text = { type: 'm.room.message', sender: mallory, content: { body: 'from before' } }
  const changed = forger.forge(text)
  await forger.send({ ...changed.json, content: { body: 'changed' } })
  const before = forger.forge(text)
  await one.rooms.banUser({ roomId, sender: alice, target: mallory })
  await forger.send(before.json)
}

const exportParts = () => ({
  rooms: one.store,
  keysOf: (server: ServerName) => inspectedRooms(network, one).keysOf(server),
  signer: one.signer,
  software: 'Hearth test',
  now: () => network.clock.now(),
})

async function exported(content?: 'full' | 'redacted'): Promise<string> {
  const app = createInspectorApp([exportEndpoints({ ...exportParts(), reader: createExportReader(one.db) })])
  const query = content === undefined ? '' : `?content=${content}`
  const answer = await app.request(`/rooms/${encodeURIComponent(roomId)}/export${query}`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
  return await answer.text()
}

async function verify(text: string): Promise<{ code: number; said: string }> {
  writeFileSync(file, text)
  const lines: string[] = []
  const code = await verifyCommand([file], (line) => lines.push(line))
  return { code, said: lines.join('\n') }
}

const linesOf = (text: string): JsonObject[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject)
const asText = (lines: readonly JsonObject[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('')

test.each<RoomVersionId>(['1', '6', '10', '12'])(
  'version %s: all of a room holds, and no words are in it',
  async (version) => {
    await room(version)
    const text = await exported()
    expect(text).not.toMatch(/private words|deleted words|Private words|from before/)
    const lines = linesOf(text)
    const events = lines.filter(({ line }) => line === 'event')
    expect(lines[0]).toMatchObject({
      format: 'hearth-export',
      kind: 'room',
      room_id: roomId,
      room_version: version,
      server_name: 'one.test',
      content: 'redacted',
    })
    expect(new Set(events.map(({ status }) => status))).toEqual(
      new Set(['accepted', 'rejected', 'soft-failed']),
    )
    const { code, said } = await verify(text)
    expect(said).toContain('Everything holds.')
    expect(code).toBe(0)
    expect(said).toContain(`${events.length} events`)
    if (version !== '1') expect(said).toContain(`ok      ${events.length} ids`)
    expect(said).toContain('ok      1 refusals')
    expect(said).toContain('ok      1 signature of the export')
    expect(said).toContain('one.test, evil.test')
  },
)

test('with all content it holds too, content hashes included; it is said what was deleted', async () => {
  await room('11')
  const text = await exported('full')
  expect(text).toContain('private words')
  expect(text).not.toContain('deleted words')
  const { code, said } = await verify(text)
  expect(code, said).toBe(0)
  expect(said).toContain('1 not judged: content hashes: the event was deleted')
  expect(said).toContain('1 not judged: content hashes: the content was never whole here')
})

const eventOf = (line: JsonObject): JsonObject => line['event'] as JsonObject
const isMessage = (line: JsonObject): boolean =>
  line['line'] === 'event' && line['status'] === 'accepted' && eventOf(line)['type'] === 'm.room.message'

const reworded = (line: JsonObject): JsonObject => ({
  ...line,
  event: { ...eventOf(line), content: { body: 'other', msgtype: 'm.text' } },
})

test.each<[string, (lines: JsonObject[]) => JsonObject[], RegExp]>([
  [
    'a word of a message',
    (lines) =>
      change(lines, isMessage, (event) => ({ ...event, content: { body: 'other', msgtype: 'm.text' } })),
    /line \d+: \$\S+: its content is not what its sender hashed/,
  ],
  [
    'a word of a message that is said to be deleted',
    (lines) => lines.map((line) => (isMessage(line) ? { ...reworded(line), redacted_by: '$some' } : line)),
    /line \d+: \$\S+: its content is not what its sender hashed/,
  ],
  [
    'a word of a message that is said to be without its words',
    (lines) => lines.map((line) => (isMessage(line) ? { ...reworded(line), redacted: true } : line)),
    /line \d+: \$\S+: its content is not what its sender hashed/,
  ],
  [
    'an event that is there twice',
    (lines) => lines.flatMap((line) => (isMessage(line) ? [line, line] : [line])),
    /it stands in the file twice/,
  ],
  [
    'an event with a name as long as a book',
    (lines) => lines.map((line) => (isMessage(line) ? { ...line, event_id: `$${'x'.repeat(300)}` } : line)),
    /it is none of the lines/,
  ],
  [
    'when it was sent',
    (lines) => change(lines, isMessage, (event) => ({ ...event, origin_server_ts: 1 })),
    /its hash is \$\S+: it was changed[^]*the signature of one\.test with ed25519:test does not hold/,
  ],
  [
    'its signature taken away',
    (lines) => change(lines, isMessage, (event) => ({ ...event, signatures: {} })),
    /it is not signed by one\.test/,
  ],
  ['an event left out', (lines) => lines.filter((line) => line !== lines.find(isMessage)), /here are \d+/],
  ['the end left out', (lines) => lines.slice(0, -1), /was cut off/],
  ['something added at the end', (lines) => [...lines, lines[5] ?? {}], /after the end/],
  [
    'how it was judged',
    (lines) => lines.map((line) => (line['status'] === 'rejected' ? { ...line, status: 'accepted' } : line)),
    /v11 auth rule 7 refuses it[^]*not those that were exported/,
  ],
  [
    'a key',
    (lines) =>
      lines.map((line) =>
        line['line'] === 'keys'
          ? {
              ...line,
              keys: (line['keys'] as JsonObject[]).map((key) => ({ ...key, public_key: 'A'.repeat(43) })),
            }
          : line,
      ),
    /the export is not signed by one\.test/,
  ],
  [
    'a line that is none',
    (lines) => [...lines.slice(0, 3), { line: 'joke' }, ...lines.slice(3)],
    /line 4: it is none/,
  ],
  [
    'an event of another room',
    (lines) => lines.map((line, at) => (at === 0 ? { ...line, room_id: '!other' } : line)),
    /it is of another room/,
  ],
])('tampered with: %s', async (_, tamper, words) => {
  await room('11')
  const text = await exported('full')
  const { code, said } = await verify(asText(tamper(linesOf(text))))
  expect(said).toMatch(words)
  expect(said).toMatch(/\d+ failures\./)
  expect(code).toBe(1)
})

test('somebody who could sign makes an event that the rules refuse: the rule is said', async () => {
  await room('11')
  const rules = roomVersionRules('11')
  const forged = change(linesOf(await exported('full')), isMessage, (event) => {
    const other: PduJson = { ...event, sender: '@nobody:one.test', signatures: {} }
    return signPduJson({ ...other, hashes: { sha256: contentHash(other) } }, rules, one.signer)
  })
  const { code, said } = await verify(asText(forged))
  expect(code).toBe(1)
  expect(said).toMatch(/v11 auth rule 2\.2 refuses it/)
})

test('the names in a file neither add lines to what is printed nor rule the terminal', async () => {
  await room('11')
  const names = ['\u001b[2J\u001b[H', '\r\nEverything holds.\n', '\u202eno', '\u009b1A']
  const lines = linesOf(await exported('full'))
  const hostile = lines.map((line, at) =>
    at === 0
      ? { ...line, server_name: names.join('') }
      : line['line'] === 'event'
        ? { ...line, event_id: `$${names[at % names.length]}` }
        : line,
  )
  const { code, said } = await verify(asText(hostile))
  expect(code).toBe(1)
  expect(said).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|^Everything/mu)
  expect(said).toContain('exported by \\u{1b}[2J')
})

test('what is no export, or not there, is said to be that', async () => {
  expect(await verify('')).toMatchObject({ code: 1, said: expect.stringContaining('empty') })
  expect(await verify('{"a":1}\n')).toMatchObject({
    code: 1,
    said: expect.stringContaining('no export of a room'),
  })
  expect(await verify('x'.repeat(17_000_000))).toMatchObject({
    code: 1,
    said: expect.stringContaining('longer'),
  })
  const lines: string[] = []
  expect(await verifyCommand([join(file, 'none')], (line) => lines.push(line))).toBe(2)
  expect(await verifyCommand([], (line) => lines.push(line))).toBe(2)
  expect(lines).toEqual([expect.stringContaining('cannot be read'), expect.stringContaining('Usage')])
})

test('a capture of the trace: no words in it, and the signatures of the events in its bodies hold', async () => {
  await room('11')
  const events = linesOf(await exported('full'))
    .filter(({ line }) => line === 'event')
    .map(eventOf)
  const log = new Logger(network.clock)
  const trace = createTrace({ log, clock: network.clock, isKnown: () => true })
  log.recording = true
  log.run('federation in', { path: '/send/1' }, (item) => {
    const edus = [{ edu_type: 'm.typing', content: { user_id: alice, note: 'typed words' } }]
    item.body('request', () => JSON.stringify({ origin: 'one.test', pdus: events, edus }))
  })
  log.run('federation out', {}, (item) => {
    item.body('answer', () => JSON.stringify({ displayname: 'Private Name' }))
  })
  const capture = async (content: string): Promise<string> => {
    const app = createInspectorApp([captureEndpoints({ ...exportParts(), trace })])
    return await (await app.request(`/trace/export?content=${content}`)).text()
  }
  const redacted = await capture('redacted')
  expect(redacted).not.toMatch(/[Pp]rivate|typed words/)
  expect(redacted).toContain('m.typing')
  const said = await verify(redacted)
  expect(said.said).toContain(`ok      ${events.length} signatures`)
  expect(said).toMatchObject({ code: 0, said: expect.stringContaining('ok      1 signature of the export') })
  const full = await capture('full')
  expect(full).toContain('Private Name')
  expect(await verify(full)).toMatchObject({ code: 0 })

  const other = await verify(full.replaceAll('private words', 'other words'))
  expect(other).toMatchObject({ code: 1, said: expect.stringContaining('not those that were exported') })
  expect(other.said).toMatch(/line \d+: \$\S+: its content is not what its sender hashed/)
  const forged = await verify(full.replaceAll('m.room.name', 'm.room.nome'))
  expect(forged).toMatchObject({ code: 1, said: expect.stringMatching(/line \d+: \$\S+: the signature of/) })
  expect(await verify(full.slice(0, -300))).toMatchObject({
    code: 1,
    said: expect.stringContaining('cut off'),
  })
  await trace.stop()
})

/** The first event of a kind, changed. */
function change(
  lines: JsonObject[],
  which: (line: JsonObject) => boolean,
  how: (event: JsonObject) => JsonObject,
): JsonObject[] {
  const first = lines.find(which)
  return lines.map((line) => (line === first ? { ...line, event: how(eventOf(line)) } : line))
}
