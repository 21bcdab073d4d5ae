/** Events that are refused for other reasons than one auth rule, and that the inspector says the truth of each. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import { createSigner, signPduJson } from '../../src-main/core/signatures.ts'
import type { EventId, JsonObject, KeyId, PduJson, RoomId, UserId } from '../../src-main/core/types.ts'
import { refusedEndpoints } from '../../src-main/inspector/refused/index.ts'
import { createRefusalReader } from '../../src-main/storage/rooms/refusal-reader.ts'
import { Forger } from '../harness/forger.ts'
import { inspectedRooms, inspectorOf } from '../harness/inspector.ts'
import type { TestNetwork, TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople } from '../harness/people.ts'

let network: TestNetwork
let one: TestNode
let two: TestNode
let evil: TestNode
let alice: UserId
let bob: UserId
let mallory: UserId
let roomId: RoomId
let forger: Forger
let ask: (path: string) => Promise<JsonObject>

beforeEach(async () => {
  const people = await startPeople(91, ['one.test', 'two.test', 'evil.test'])
  ;({ network, one, two, alice, bob } = people)
  evil = network.node('evil.test')
  mallory = evil.user('mallory')
  roomId = await roomOfBoth(people)
  await network.during(evil.rooms.joinRoom({ user: mallory, room: roomId, via: [one.name] }))
  await network.settle()
  forger = new Forger(network, evil, one, roomId)
  ask = inspectorOf(
    network,
    one,
    refusedEndpoints({
      rooms: inspectedRooms(network, one),
      refusals: createRefusalReader(one.db),
      nameOf: () => undefined,
    }),
  )
})

afterEach(() => network.stop())

const text = (body = 'lie') => ({
  type: 'm.room.message',
  sender: mallory,
  content: { msgtype: 'm.text', body },
})

async function refusals(query = ''): Promise<JsonObject[]> {
  return (await ask(`refused${query}`))['refusals'] as JsonObject[]
}

/** What is said of the newest refusal. */
async function newest(): Promise<JsonObject> {
  const [first] = await refusals()
  return await ask(`refused/${first?.['id'] as number}`)
}

test('an event in the name of somebody whose server did not sign it', async () => {
  const pdu = forger.forge({ ...text('I am alice'), sender: alice })
  await forger.send(pdu.json)
  expect(one.store.getEvent(pdu.eventId)).toBeUndefined()
  expect(await newest()).toMatchObject({
    event_id: pdu.eventId,
    outcome: 'not-kept',
    cause: 'signature',
    origin: 'evil.test',
    sender: alice,
    room_id: roomId,
    json: pdu.json,
    lacking: ['one.test'],
    signatures: [{ server: 'evil.test', required: false, result: 'valid' }],
    how: [
      'one.test has not signed it at all: somebody sent it in that server’s name, or its signature was taken away.',
    ],
    check: { spec: expect.stringContaining('#validating-hashes-and-signatures') },
  })
})

test('an event that was changed after it was signed: its depth, and its words', async () => {
  const pdu = forger.forge(text('as it was'))
  await forger.send({ ...pdu.json, depth: 7 })
  expect(await newest()).toMatchObject({
    cause: 'signature',
    outcome: 'not-kept',
    signatures: [{ server: 'evil.test', required: true, result: 'wrong' }],
    how: [expect.stringContaining('that key did not make the signature')],
  })
  await forger.send({ ...pdu.json, content: { msgtype: 'm.text', body: 'as it is' } })
  expect(one.store.getEvent(pdu.eventId)?.status).toBe('accepted')
  expect(await newest()).toMatchObject({
    event_id: pdu.eventId,
    cause: 'hash',
    outcome: 'redacted',
    status: 'accepted',
    json: { content: { body: 'as it is' } },
    hashes: { content: { matches: false }, reference: { matches: true } },
    signatures: [{ result: 'valid' }],
    how: [expect.stringContaining('changed the content')],
  })
})

test('a changed key: of the same name, and of a name that nobody was told of', async () => {
  const signedWith = (keyId: string): PduJson => {
    const other = createSigner(evil.name, keyId as KeyId, network.random.bytes(32))
    return signPduJson({ ...forger.forge(text(keyId)).json, signatures: {} }, roomVersionRules('12'), other)
  }
  await forger.send(signedWith('ed25519:test'))
  expect(await newest()).toMatchObject({
    cause: 'signature',
    signatures: [{ key_id: 'ed25519:test', result: 'wrong', key: { from: 'server' } }],
    how: [expect.stringContaining('set up anew and signs with another key of the same name')],
  })
  await forger.send(signedWith('ed25519:new'))
  expect(await newest()).toMatchObject({
    cause: 'signature',
    signatures: [{ key_id: 'ed25519:new', result: 'key not known' }],
    how: [expect.stringContaining('evil.test does not publish the key ed25519:new')],
  })
})

test('what is malformed, too large, of no room here, or follows on an event of another room', async () => {
  const pdu = forger.forge(text())
  const { sender: _, ...nobodys } = pdu.json
  await forger.send(nobodys as PduJson)
  expect(await newest()).toMatchObject({ cause: 'format', reason: expect.stringContaining('sender') })
  await forger.send({ ...pdu.json, content: { body: 'x'.repeat(70_000) } })
  const large = await newest()
  expect(large).toMatchObject({ cause: 'size', reason: expect.stringContaining('65536') })
  expect(large['json']).toBeUndefined()
  await forger.send({ ...pdu.json, room_id: `!${'n'.repeat(43)}` })
  expect(await newest()).toMatchObject({ cause: 'not-in-room', room_id: `!${'n'.repeat(43)}` })
  const elsewhere = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  const foreign = one.store.forwardExtremities(elsewhere).map(({ eventId }) => eventId)
  await forger.send(forger.forge({ ...text(), prevEvents: foreign }).json)
  expect(await newest()).toMatchObject({
    cause: 'other-room',
    reason: expect.stringContaining(foreign[0] ?? ''),
  })
})

test('a server that the room’s ACL denies', async () => {
  const acl = await one.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.server_acl',
    stateKey: '',
    content: { allow: ['*'], deny: ['evil.test'] },
  })
  await forger.send(forger.forge(text()).json)
  expect(await newest()).toMatchObject({
    cause: 'acl',
    outcome: 'not-kept',
    looked_at: [{ event_id: acl, type: 'm.room.server_acl', decides: true }],
    stands_in_the_way: [{ event_id: acl, words: `Which servers may take part was set by ${alice}.` }],
  })
})

test('an event of a server that the settings deny, which another passes on', async () => {
  one.denied.add(evil.name)
  const pdu = forger.forge(text())
  await network.during(two.send(one.name, 'passed on', [pdu.json]))
  expect(await newest()).toMatchObject({
    cause: 'denied-server',
    outcome: 'soft-failed',
    origin: 'two.test',
    sender: mallory,
    how: [expect.stringContaining('Nothing is wrong with the event itself')],
  })
})

test('a soft failure: who wrote from before the ban is told apart from who broke a rule', async () => {
  const before = one.store.forwardExtremities(roomId).map(({ eventId }) => eventId)
  const pdu = forger.forge({ ...text(), prevEvents: before })
  await one.rooms.banUser({ roomId, sender: alice, target: mallory })
  const ban = one.store.currentStateEvent(roomId, 'm.room.member', mallory)!.pdu.eventId
  await forger.send(pdu.json)
  expect(one.store.getEvent(pdu.eventId)?.status).toBe('soft-failed')
  expect(await newest()).toMatchObject({
    cause: 'current-state',
    outcome: 'soft-failed',
    title: 'Only members may send',
    rule_number: '6',
    reason: `${mallory} is not joined`,
    stands_in_the_way: [{ event_id: ban, words: `The membership of ${mallory} is “ban”, set by ${alice}.` }],
    looked_at: expect.arrayContaining([expect.objectContaining({ event_id: ban, decides: true })]),
    verdicts: [
      { against: 'auth_events', verdict: 'allowed' },
      { against: 'state_before', verdict: 'allowed' },
      { against: 'current_state', verdict: 'refused', decides: [ban] },
    ],
    how: [expect.stringContaining('crossed on the way')],
  })
  // The rule was right before, and what changed it is the next thing to look at.
  expect(await ask(`events/${encodeURIComponent(pdu.eventId)}`)).toMatchObject({
    status: 'soft-failed',
    received_from: 'evil.test',
  })
})

test('what rests on a rejected event is rejected too, and the chain leads to the first', async () => {
  const rejected = forger.forge({
    type: 'm.room.power_levels',
    sender: mallory,
    stateKey: '',
    content: { users: { [mallory]: 100 } },
  })
  await forger.send(rejected.json)
  const levels = forger.idOf('m.room.power_levels') as EventId
  const next = forger.forge({ ...text(), citesNot: [levels], citesAlso: [rejected.eventId] })
  await forger.send(next.json)
  expect(await newest()).toMatchObject({
    event_id: next.eventId,
    title: 'What it rests on was refused',
    chain: [
      {
        event_id: rejected.eventId,
        type: 'm.room.power_levels',
        status: 'rejected',
        reason: expect.stringMatching(/^v12 auth rule 8: .*needs power level/),
      },
    ],
  })
})

test('a join that is refused', async () => {
  await one.rooms.banUser({ roomId, sender: alice, target: mallory })
  await network.settle()
  const join = forger.forge({
    type: 'm.room.member',
    sender: '@other:evil.test',
    stateKey: '@other:evil.test',
    content: { membership: 'leave' },
  })
  await expect(
    network.during(one.rooms.receiveJoin(evil.name, roomId, join.eventId, join.json)),
  ).rejects.toThrow('The event is not a join.')
  expect(await newest()).toMatchObject({
    event_id: join.eventId,
    cause: 'request',
    outcome: 'not-kept',
    reason: 'The event is not a join.',
  })
})

test('by room, by server, by event, a page at a time; what comes again is counted, and nobody fills the disk', async () => {
  const elsewhere = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  const lie = forger.forge({ ...text(), sender: alice })
  await forger.send(lie.json)
  await forger.send(lie.json)
  await forger.send(new Forger(network, evil, one, elsewhere).forge({ ...text(), sender: bob }).json)
  const all = await refusals()
  expect(all.map((row) => [row['sender'], row['count']])).toEqual([
    [bob, 1],
    [alice, 2],
  ])
  expect(await refusals(`?room=${encodeURIComponent(elsewhere)}`)).toEqual([all[0]])
  expect(await refusals('?server=one.test')).toEqual([all[1]])
  expect(await refusals('?server=evil.test')).toEqual(all)
  expect(await refusals(`?event=${encodeURIComponent(lie.eventId)}`)).toEqual([all[1]])

  for (let part = 0; part < 12; part++) {
    const pdus = Array.from({ length: 50 }, (_, i) =>
      forger.forge({ ...text(`${part} ${i}`), sender: alice }),
    )
    await forger.send(...pdus.map((pdu) => pdu.json))
  }
  const kept = new Set<number>()
  for (let next = ''; ;) {
    const page = await ask(`refused?server=evil.test&before=${next}`)
    for (const row of page['refusals'] as JsonObject[]) kept.add(row['id'] as number)
    if (page['next'] === undefined) break
    next = page['next'] as string
  }
  expect(kept.size).toBeGreaterThanOrEqual(500)
  expect(kept.size).toBeLessThan(600)
})

test('what was deleted, or belonged to a room that is gone, is not kept here either', async () => {
  const said = forger.forge(text('secret'))
  await forger.send({ ...said.json, content: { msgtype: 'm.text', body: 'secret and changed' } })
  expect(JSON.stringify(await newest())).toContain('secret and changed')
  await network.during(
    evil.send(one.name, 'delete', [
      forger.forge({ type: 'm.room.redaction', sender: mallory, redacts: said.eventId }).json,
    ]),
  )
  expect(JSON.stringify(await newest())).not.toContain('secret')
  one.store.transaction(() => one.store.purgeRoom(roomId, 10_000))
  expect(await refusals()).toEqual([])
})
