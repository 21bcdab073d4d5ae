/** Each auth rule is broken once by a server that signs well, and the inspector says which one it was. */
import { afterEach, expect, test } from 'vitest'
import { ruleNumbers } from '../../src-main/core/auth/rule-numbers.ts'
import { allRuleWords } from '../../src-main/core/auth/rule-words.ts'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import type { EventId, JsonObject, Pdu, RoomVersionId } from '../../src-main/core/types.ts'
import { refusedEndpoints } from '../../src-main/inspector/refused/index.ts'
import { createRefusalReader } from '../../src-main/storage/rooms/refusal-reader.ts'
import { Forger, type Forgery } from '../harness/forger.ts'
import { inspectedRooms, inspectorOf } from '../harness/inspector.ts'
import { TestNetwork } from '../harness/network.ts'

let network: TestNetwork
afterEach(() => network.stop())

/** Of an event that makes a room there is one in a room, and in version 12 it is no event of a room that exists. */
const cannotBeSent: Readonly<Record<string, readonly string[]>> = {
  '12': ['1', '1.1', '1.2', '1.3', '1.4', '2'],
}

test.each<RoomVersionId>(['1', '6', '9', '11', '12'])('version %s', async (version) => {
  network = await TestNetwork.start(83, 'one.test', 'evil.test')
  const [one, evil] = [network.node('one.test'), network.node('evil.test')]
  const alice = one.user('alice')
  const [mallory, low] = [evil.user('mallory'), evil.user('low')]
  const [out, banned, peer] = ['@out:evil.test', '@banned:evil.test', '@peer:evil.test'] as const
  const rules = roomVersionRules(version)
  const n = ruleNumbers(rules)
  const levels = {
    users: { ...(rules.privilegedCreators ? {} : { [alice]: 100 }), [mallory]: 50, [peer]: 50 },
    events: { 'm.room.power_levels': 50, 'm.room.name': 100 },
    events_default: 0,
    state_default: 50,
    ban: 100,
    kick: 50,
    invite: 50,
  }
  const roomId = await one.rooms.createRoom({
    creator: alice,
    preset: 'public_chat',
    roomVersion: version,
    powerLevelOverride: levels,
  })
  for (const user of [mallory, low])
    await network.during(evil.rooms.joinRoom({ user, room: roomId, via: [one.name] }))
  await network.settle()
  const set = (type: string, stateKey: string, content: JsonObject): Promise<EventId> =>
    one.rooms.sendEvent({ roomId, sender: alice, type, stateKey, content })
  const joinRule = (join_rule: string): Promise<EventId> => set('m.room.join_rules', '', { join_rule })
  await set('m.room.member', banned, { membership: 'ban' })
  const oldLevels = one.store.currentStateEvent(roomId, 'm.room.power_levels', '')!.pdu.eventId
  await set('m.room.power_levels', '', { ...levels, redact: 50 })
  await set('m.room.third_party_invite', 'offered', { display_name: 'x', public_key: 'AAAA' })
  const current: JsonObject = { ...levels, redact: 50 }
  const elsewhere = await one.rooms.createRoom({
    creator: alice,
    preset: 'public_chat',
    roomVersion: version,
  })
  const closed = await one.rooms.createRoom({
    creator: alice,
    preset: 'public_chat',
    roomVersion: version,
    creationContent: { 'm.federate': false },
  })

  const forger = new Forger(network, evil, one, roomId)
  const expected = new Map<EventId, string>()
  const wrong = async (rule: string, forgery: Forgery | Pdu, by = forger): Promise<Pdu> => {
    const pdu = 'eventId' in forgery ? forgery : by.forge(forgery)
    expected.set(pdu.eventId, rule)
    await by.send(pdu.json)
    return pdu
  }
  const message = (sender: string): Forgery => ({ type: 'm.room.message', sender, content: { body: 'x' } })
  const member = (sender: string, target: string, membership: string, more: JsonObject = {}): Forgery => ({
    type: 'm.room.member',
    sender,
    stateKey: target,
    content: { membership, ...more },
  })
  const power = (change: JsonObject): Forgery => ({
    type: 'm.room.power_levels',
    sender: mallory,
    stateKey: '',
    content: { ...current, ...change },
  })

  if (!rules.roomIdIsCreateHash) {
    const create = (content: JsonObject, sender = mallory, prevEvents: EventId[] = []): Forgery => ({
      type: 'm.room.create',
      sender,
      stateKey: '',
      content,
      prevEvents,
    })
    const valid = { creator: alice }
    await wrong('1.1', { ...create(valid), prevEvents: [forger.idOf('m.room.create') as EventId] })
    await wrong('1.2', create(valid))
    // Only the room's own server gets as far as these.
    const own = new Forger(network, one, one, roomId)
    await wrong('1', own.forge(create(valid, alice)))
    await wrong('1.3', own.forge(create({ ...valid, room_version: 'none' }, alice)))
    if (!rules.creatorIsSender) await wrong('1.4', own.forge(create({}, alice)))
  }

  // The list of auth events
  const joinRules = forger.idOf('m.room.join_rules') as EventId
  await wrong(`${n.authEvents}.1`, { ...message(mallory), citesAlso: [oldLevels] })
  await wrong(`${n.authEvents}.2`, { ...message(mallory), citesAlso: [joinRules] })
  const refused = await wrong(n.requiredLevel, {
    type: 'm.room.name',
    sender: low,
    stateKey: '',
    content: { name: 'mine' },
  })
  const rejectedJoin = await wrong(`${n.join}.2`, member(mallory, out, 'join'))
  await wrong(`${n.authEvents}.3`, { ...message(out), citesAlso: [rejectedJoin.eventId] })
  const foreign = one.store.currentStateEvent(elsewhere, 'm.room.power_levels', '')!.pdu.eventId
  const ownLevels = forger.idOf('m.room.power_levels') as EventId
  await wrong(n.otherRoom, { ...message(mallory), citesNot: [ownLevels], citesAlso: [foreign] })
  if (!rules.roomIdIsCreateHash)
    await wrong(n.noCreate, { ...message(mallory), citesNot: [forger.idOf('m.room.create') as EventId] })
  await wrong(n.federate, member(mallory, mallory, 'join'), new Forger(network, evil, one, closed))
  if (rules.specialAliases) {
    await wrong('4.1', { type: 'm.room.aliases', sender: mallory })
    await wrong('4.2', { type: 'm.room.aliases', sender: mallory, stateKey: 'one.test' })
  }

  // Members
  await wrong(`${n.member}.1`, { type: 'm.room.member', sender: mallory, stateKey: mallory })
  if (rules.restrictedJoin)
    await wrong(
      `${n.member}.2.1`,
      member(mallory, mallory, 'join', { join_authorised_via_users_server: 'nobody' }),
    )
  await wrong(n.unknownMembership, member(mallory, mallory, 'guest'))
  await wrong(`${n.join}.3`, member(banned, banned, 'join'))
  const invites: [string, string, JsonObject][] = [
    ['1', banned, {}],
    ['2', out, {}],
    ['3', out, { signed: { mxid: out } }],
    ['4', out, { signed: { mxid: peer, token: 'offered' } }],
    ['5', out, { signed: { mxid: out, token: 'none' } }],
    ['6', out, { signed: { mxid: out, token: 'offered' } }],
  ]
  for (const [step, target, third_party_invite] of invites)
    await wrong(`${n.invite}.1.${step}`, member(mallory, target, 'invite', { third_party_invite }))
  const signed = { mxid: out, token: 'offered', signatures: { x: { 'ed25519:x': 'AAAA' } } }
  await wrong(
    `${n.invite}.1.8`,
    new Forger(network, one, one, roomId).forge(
      member(alice, out, 'invite', { third_party_invite: { signed } }),
    ),
  )
  await wrong(`${n.invite}.2`, member(out, peer, 'invite'))
  await wrong(`${n.invite}.3`, member(mallory, low, 'invite'))
  await wrong(`${n.invite}.5`, member(low, out, 'invite'))
  await wrong(`${n.leave}.1`, member(out, out, 'leave'))
  await wrong(`${n.leave}.2`, member(out, low, 'leave'))
  await wrong(`${n.leave}.3`, member(mallory, banned, 'leave'))
  await wrong(`${n.leave}.5`, member(low, mallory, 'leave'))
  await wrong(`${n.ban}.1`, member(out, low, 'ban'))
  await wrong(`${n.ban}.3`, member(low, mallory, 'ban'))
  await joinRule('invite')
  await wrong(`${n.join}.${rules.restrictedJoin ? 7 : 6}`, member(out, out, 'join'))
  if (rules.restrictedJoin) {
    await joinRule('restricted')
    await wrong(`${n.join}.5.2`, member(out, out, 'join'))
  }
  if (rules.knock) {
    await wrong(`${n.knock}.1`, {
      ...member(out, out, 'knock'),
      ...(rules.restrictedJoin ? {} : {}),
    })
    await joinRule('knock')
    await wrong(`${n.knock}.2`, member(mallory, out, 'knock'))
    await wrong(`${n.knock}.4`, member(low, low, 'knock'))
  }

  // Everything else
  await wrong(n.notJoined, message(out))
  await wrong(`${n.thirdPartyInvite}.1`, { type: 'm.room.third_party_invite', sender: low, stateKey: 't' })
  await wrong(n.userStateKey, { type: 'x.state', sender: mallory, stateKey: alice })
  if (rules.redactionAuthRule)
    await wrong(`${n.redaction}.3`, { type: 'm.room.redaction', sender: low, redacts: joinRules })

  // Power levels
  const p = n.powerLevels
  if (rules.integerPowerLevels) {
    await wrong(`${p}.1`, power({ ban: 'x' }))
    await wrong(`${p}.2`, power({ events: { a: 'x' } }))
    await wrong(`${p}.3`, power({ users: { a: 1 } }))
    if (rules.privilegedCreators) await wrong(`${p}.4`, power({ users: { [alice]: 1 } }))
  } else {
    await wrong(p, power({ ban: 'x' }))
    await wrong(`${p}.1`, power({ users: { a: 1 } }))
  }
  const first = rules.privilegedCreators ? 5 : rules.integerPowerLevels ? 4 : 2
  const users = current['users'] as JsonObject
  const events = current['events'] as JsonObject
  await wrong(`${p}.${first + 1}.1`, power({ ban: 50 }))
  await wrong(`${p}.${first + 1}.2`, power({ kick: 100 }))
  await wrong(`${p}.${first + 2}.1`, power({ events: { ...events, 'm.room.name': 50 } }))
  await wrong(`${p}.${first + 3}.1`, power({ events: { ...events, 'x.new': 100 } }))
  await wrong(`${p}.${first + 4}.1`, power({ users: { ...users, [peer]: 0 } }))
  await wrong(`${p}.${first + 5}.1`, power({ users: { ...users, [low]: 100 } }))

  // What the inspector says
  const nameOf = (): undefined => undefined
  const rooms = inspectedRooms(network, one)
  const ask = inspectorOf(
    network,
    one,
    refusedEndpoints({ rooms, refusals: createRefusalReader(one.db), nameOf }),
  )
  const seen = new Map<EventId, JsonObject>()
  for (let next = ''; ;) {
    const page = await ask(`refused?before=${next}`)
    for (const row of page['refusals'] as JsonObject[]) seen.set(row['event_id'] as EventId, row)
    if (page['next'] === undefined) break
    next = page['next'] as string
  }
  const told = [...expected.keys()].map((id) => [seen.get(id)?.['type'], seen.get(id)?.['rule_number']])
  const types = new Map([...seen].map(([id, row]) => [id, row['type']]))
  expect(told).toEqual([...expected].map(([id, rule]) => [types.get(id), rule]))

  const known = [...allRuleWords(rules).keys()].filter(
    (rule) => cannotBeSent[version]?.includes(rule) !== true,
  )
  expect([...new Set(expected.values())].sort()).toEqual(known.sort())

  for (const [id, rule] of expected) {
    const why = await ask(`refused/${seen.get(id)?.['id'] as number}`)
    expect(why, rule).toMatchObject({
      origin: expect.stringMatching(/^(evil|one)\.test$/),
      rule_words: {
        rule_number: rule,
        title: expect.stringMatching(/.{5}/),
        meaning: expect.stringMatching(/.{10}/),
        spec: `https://spec.matrix.org/v1.18/rooms/v${version}/#authorisation-rules`,
      },
      how: [expect.stringMatching(/.{20}/)],
      lacking: [],
      hashes: { content: { matches: true } },
    })
  }
  const why = await ask(`refused/${seen.get(refused.eventId)?.['id'] as number}`)
  expect(why).toMatchObject({
    outcome: 'rejected',
    cause: 'auth-events',
    looked_at: expect.arrayContaining([
      expect.objectContaining({ type: 'm.room.power_levels', event_id: ownLevels, decides: true }),
    ]),
    stands_in_the_way: [{ event_id: ownLevels, words: expect.stringContaining(alice) }],
  })
})
