import { expect, test } from 'vitest'
import { authStateKeysFor, checkAuthEventsList, redactionApplies } from '../auth-rules.ts'
import { powerLevelsOf } from '../power-levels.ts'
import { ROOM_VERSIONS, roomVersionRules } from '../room-versions.ts'
import {
  stateKeyOf,
  type EventId,
  type JsonObject,
  type Pdu,
  type RoomId,
  type RoomVersionId,
} from '../types.ts'
import { ruleNumberOf, ruleWords } from './rule-words.ts'
import { TestRoom } from './test-room.ts'

const alice = '@alice:hs2'
const create = stateKeyOf('m.room.create', '')
const levels = stateKeyOf('m.room.power_levels', '')
const joinRules = stateKeyOf('m.room.join_rules', '')
const memberKey = (user: string) => stateKeyOf('m.room.member', user)

function select(
  version: RoomVersionId,
  type: string,
  content: JsonObject,
  stateKey?: string,
  sender = alice,
) {
  return authStateKeysFor({ type, stateKey, sender, content }, roomVersionRules(version))
}

test('auth events selection', () => {
  expect(select('11', 'm.room.create', {}, '')).toEqual([])
  expect(select('11', 'm.room.message', {})).toEqual([create, levels, memberKey(alice)])
  expect(select('12', 'm.room.message', {})).toEqual([levels, memberKey(alice)])
  const member = (membership: string, more: JsonObject = {}, version: RoomVersionId = '11') =>
    select(version, 'm.room.member', { membership, ...more }, '@bob:hs3')
  const base = [create, levels, memberKey(alice), memberKey('@bob:hs3')]
  for (const membership of ['join', 'invite', 'knock'])
    expect(member(membership)).toEqual([...base, joinRules])
  for (const membership of ['leave', 'ban']) expect(member(membership)).toEqual(base)

  const via = { join_authorised_via_users_server: '@mod:hs1' }
  expect(member('join', via, '8')).toEqual([...base, joinRules, memberKey('@mod:hs1')])
  expect(member('join', via, '7')).toEqual([...base, joinRules])
  expect(member('invite', via)).toEqual([...base, joinRules])

  const thirdParty = { third_party_invite: { signed: { token: 't' } } }
  expect(member('invite', thirdParty)).toEqual([
    ...base,
    joinRules,
    stateKeyOf('m.room.third_party_invite', 't'),
  ])
  expect(member('invite', { third_party_invite: 'x' })).toEqual([...base, joinRules])
  // One's own join names the member event once.
  expect(select('11', 'm.room.member', { membership: 'join' }, alice)).toEqual([
    create,
    levels,
    memberKey(alice),
    joinRules,
  ])
})

test.each(ROOM_VERSIONS)('v%s: the list of auth events', (v) => {
  const room = new TestRoom(v).levels({}).member(alice, 'join')
  const event = room.event({ type: 'm.room.message', sender: alice })
  const state = (type: string, key = ''): Pdu => {
    const found = room.getState(type, key)
    if (found === undefined) throw new Error(`no ${type}`)
    return found
  }
  const rule = v === '12' ? 3 : 2
  const good = [
    ...(v === '12' ? [] : [room.create]),
    state('m.room.power_levels'),
    state('m.room.member', alice),
  ]
  const check = (list: readonly Pdu[], rejected: string[] = [], pdu: Pdu = event) => {
    const decision = checkAuthEventsList(pdu, room.rules, list, new Set(rejected as EventId[]))
    if (decision.verdict === 'accept') return 'accept'
    expect(ruleWords(room.rules, ruleNumberOf(decision.rule) ?? '')).toBeDefined()
    return decision.rule
  }
  const name = (number: string) => `v${v} auth rule ${number}`

  expect(check(good)).toBe('accept')
  expect(check([...good, { ...state('m.room.member', alice), eventId: '$other' as EventId }])).toBe(
    name(`${rule}.1`),
  )
  expect(check(good, [], { ...event, json: { auth_events: ['$a', '$a', '$a', '$a'] } })).toBe(
    name(`${rule}.1`),
  )
  expect(check([...good, state('m.room.join_rules')])).toBe(name(`${rule}.2`))
  expect(check([...good, event])).toBe(name(`${rule}.2`))
  expect(check(good, [state('m.room.member', alice).eventId])).toBe(name(`${rule}.3`))
  expect(check(good.map((pdu, i) => (i === 0 ? { ...pdu, roomId: '!other:hs1' as RoomId } : pdu)))).toBe(
    name(`${rule}.5`),
  )
  if (v === '12') {
    expect(check([room.create, ...good])).toBe(name('3.2'))
    expect(check(good, [room.create.eventId])).toBe(name('2'))
  } else {
    expect(check(good.slice(1))).toBe(name('2.4'))
  }
  expect(check([], [], room.create)).toBe('accept')
})

test('handling redactions, from v3 on', () => {
  const room = new TestRoom('11').levels({ users: { '@mod:hs9': 50 } })
  const target = room.event({ type: 'm.room.message', sender: alice })
  const applies = (sender: string, change: Partial<Pdu> = {}, version: RoomVersionId = '11') => {
    const redaction = {
      ...room.event({ type: 'm.room.redaction', sender, redacts: target.eventId }),
      ...change,
    }
    const rules = roomVersionRules(version)
    const powers = powerLevelsOf(room.getState('m.room.power_levels', '')?.content, room.create, rules)
    return redactionApplies(redaction, target, powers, rules)
  }
  expect(applies('@mod:hs9')).toBe(true)
  expect(applies('@other:hs2')).toBe(true)
  expect(applies('@other:hs9')).toBe(false)
  expect(applies('@mod:hs9', { roomId: '!other:hs1' as RoomId })).toBe(false)
  expect(applies('@mod:hs9', { redacts: '$another' as EventId })).toBe(false)
  expect(applies('@other:hs9', {}, '2')).toBe(true)
})
