import { expect, test } from 'vitest'
import type { Json, JsonObject, Pdu, UserId } from '../../core/types.ts'
import { defaultRules } from './default-rules.ts'
import { evaluate, type RoomFacts } from './evaluate.ts'
import type { PushCondition, PushRule, Ruleset } from './rules.ts'

const me = '@me:one.test' as UserId
const you = '@you:one.test' as UserId

function event(content: JsonObject, more: Partial<Pdu> = {}): Pdu {
  const type = more.type ?? 'm.room.message'
  const json = {
    type,
    sender: you,
    content,
    ...(more.stateKey === undefined ? {} : { state_key: more.stateKey }),
  }
  return { type, sender: you, content, json, roomId: '!r:one.test', stateKey: undefined, ...more } as Pdu
}

const room = (more: Partial<RoomFacts> = {}): RoomFacts => ({
  joinedMembers: () => 5,
  displayName: () => 'Me Myself',
  powerLevels: () => ({ users: { [you]: 50 } }),
  isCreator: () => false,
  ...more,
})
const rules = defaultRules(me)
const withRule = (kind: keyof Ruleset, rule: Partial<PushRule>): Ruleset => ({
  ...rules,
  [kind]: [{ rule_id: 'own', default: false, enabled: true, actions: ['notify'], ...rule }, ...rules[kind]],
})

test('messages notify, notices, edits and one’s own do not', () => {
  const text = { msgtype: 'm.text', body: 'hi' }
  expect(evaluate(rules, me, event(text), room())).toEqual({ notify: true, highlight: false })
  expect(evaluate(rules, me, event({ ...text, msgtype: 'm.notice' }), room()).notify).toBe(false)
  expect(
    evaluate(rules, me, event({ ...text, 'm.relates_to': { rel_type: 'm.replace' } }), room()).notify,
  ).toBe(false)
  expect(evaluate(rules, me, event(text, { sender: me }), room()).notify).toBe(false)
  expect(evaluate(rules, me, event({}, { type: 'm.reaction' }), room()).notify).toBe(false)
  expect(evaluate(rules, me, event({}, { type: 'm.room.encrypted' }), room()).notify).toBe(true)
})

test('mentions highlight; a mention of the room needs the power for it', () => {
  const mention = event({ body: 'x', 'm.mentions': { user_ids: [me] } })
  expect(evaluate(rules, me, mention, room())).toEqual({ notify: true, highlight: true })
  const all = event({ body: 'x', msgtype: 'm.text', 'm.mentions': { room: true } })
  expect(evaluate(rules, me, all, room()).highlight).toBe(true)
  expect(evaluate(rules, me, all, room({ powerLevels: () => ({}) })).highlight).toBe(false)
  expect(
    evaluate(rules, me, all, room({ powerLevels: () => undefined, isCreator: () => true })).highlight,
  ).toBe(true)
})

test('content rules match whole words with wildcards, whatever the case', () => {
  const own = withRule('content', { pattern: 'ca?e*lie', actions: [{ set_tweak: 'highlight' }, 'notify'] })
  const hit = (body: string): boolean =>
    evaluate(own, me, event({ body, msgtype: 'm.text' }), room()).highlight
  expect(hit('the CAKE is a lie, really')).toBe(true)
  expect(hit('pancake is a lie')).toBe(false)
  expect(hit('cake is alien')).toBe(false)
})

test('the member count condition compares as it says', () => {
  const notifies = (is: string, count: number): boolean =>
    evaluate(
      withRule('override', { conditions: [{ kind: 'room_member_count', is }] }),
      me,
      event({ msgtype: 'm.notice' }),
      room({ joinedMembers: () => count }),
    ).notify
  expect([
    notifies('2', 2),
    notifies('==2', 3),
    notifies('<3', 2),
    notifies('>=3', 2),
    notifies('x', 2),
  ]).toEqual([true, false, true, false, false])
})

test('the master rule, once enabled, silences everything; unknown conditions never match', () => {
  const silent: Ruleset = {
    ...rules,
    override: rules.override.map((rule) =>
      rule.rule_id === '.m.rule.master' ? { ...rule, enabled: true } : rule,
    ),
  }
  expect(evaluate(silent, me, event({ body: 'x', msgtype: 'm.text' }), room()).notify).toBe(false)
  const odd = withRule('override', { conditions: [{ kind: 'test.unknown' }] })
  expect(evaluate(odd, me, event({ msgtype: 'm.notice' }), room()).notify).toBe(false)
})

test('a poll that begins or ends notifies, its answers do not', () => {
  for (const type of ['m.poll', 'org.matrix.msc3381.poll']) {
    const notifies = (what: string): boolean =>
      evaluate(rules, me, event({}, { type: `${type}.${what}` }), room()).notify
    expect([notifies('start'), notifies('end'), notifies('response')]).toEqual([true, true, false])
  }
})

test('properties are compared exactly, by paths with escaped dots, and never as other types', () => {
  const matching = (condition: PushCondition, content: JsonObject): boolean =>
    evaluate(
      withRule('override', { conditions: [condition] }),
      me,
      event({ ...content, msgtype: 'm.notice' }),
      room(),
    ).notify
  const is = (key: string, value: Json, content: JsonObject): boolean =>
    matching({ kind: 'event_property_is', key, value }, content)
  expect(is('content.m\\.federate', true, { 'm.federate': true })).toBe(true)
  expect(is('content.m\\.federate', true, { 'm.federate': 'true' })).toBe(false)
  expect(is('content.m\\.federate', true, { 'm.federate': 1 })).toBe(false)
  expect(is('content.m.federate', true, { m: { federate: true } })).toBe(true)
  expect(is('content.gone', null, { gone: null })).toBe(true)
  expect(is('content.gone', null, {})).toBe(false)
  expect(is('content.list', [], { list: [] })).toBe(false)
  const contains = (value: Json, list: Json): boolean =>
    matching({ kind: 'event_property_contains', key: 'content.list', value }, { list })
  expect(contains('a', ['a', 'b'])).toBe(true)
  expect(contains('a', ['ab'])).toBe(false)
  expect(contains('a', 'a')).toBe(false)
  expect(contains(1, ['1', true])).toBe(false)
  const glob = (key: string, pattern: string, content: JsonObject): boolean =>
    matching({ kind: 'event_match', key, pattern }, content)
  expect(glob('content.topic', 'lunc?*', { topic: 'Lunch plans' })).toBe(true)
  expect(glob('content.topic', 'lunc?*', { topic: 'LUNCH' })).toBe(true)
  expect(glob('content.topic', 'lunc?*', { topic: ' lunch' })).toBe(false)
  expect(glob('content.topic', 'lunc?*', { topic: 'lunc' })).toBe(false)
  expect(glob('content.topic', '*', { topic: null })).toBe(false)
  expect(glob('content.body', 'ex*ple', { body: 'An exciting triple-whammy' })).toBe(true)
})

test('the display name counts as a whole word, signs in it are no pattern', () => {
  const named = (name: string | undefined, body: string): boolean =>
    evaluate(
      withRule('override', { conditions: [{ kind: 'contains_display_name' }] }),
      me,
      event({ body, msgtype: 'm.notice' }),
      room({ displayName: () => name }),
    ).notify
  expect(named('Al (x)', 'ask al (x), please')).toBe(true)
  expect(named('Al', 'ask alice')).toBe(false)
  expect(named('A.', 'ask Ab')).toBe(false)
  expect(named(undefined, 'ask undefined')).toBe(false)
  expect(named('', 'anything')).toBe(false)
})

test('kinds are asked in order, and the first rule that matches decides', () => {
  const text = event({ body: 'fire', msgtype: 'm.text' })
  const highlight = ['notify', { set_tweak: 'highlight' }]
  const everything: Ruleset = {
    ...rules,
    content: [{ rule_id: 'fire', default: false, enabled: true, pattern: 'fire', actions: highlight }],
    room: [{ rule_id: '!r:one.test', default: false, enabled: true, actions: [] }],
    sender: [{ rule_id: you, default: false, enabled: true, actions: highlight }],
  }
  expect(evaluate(everything, me, text, room()).highlight).toBe(true)
  const off = (kind: 'content' | 'room'): Ruleset['content'] =>
    everything[kind].map((rule) => ({ ...rule, enabled: false }))
  expect(evaluate({ ...everything, content: off('content') }, me, text, room()).notify).toBe(false)
  const bySender = { ...everything, content: off('content'), room: off('room') }
  expect(evaluate(bySender, me, text, room()).highlight).toBe(true)
  const silenced: Ruleset = withRule('override', { conditions: [], actions: ['dont_notify'] })
  expect(evaluate({ ...everything, override: silenced.override }, me, text, room()).notify).toBe(false)
})
