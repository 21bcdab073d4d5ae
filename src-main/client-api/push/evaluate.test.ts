import { expect, test } from 'vitest'
import type { JsonObject, Pdu, UserId } from '../../core/types.ts'
import { defaultRules } from './default-rules.ts'
import { evaluate, type RoomFacts } from './evaluate.ts'
import type { PushRule, Ruleset } from './rules.ts'

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
