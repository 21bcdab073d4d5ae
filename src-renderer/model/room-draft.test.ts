import { expect, test } from 'vitest'
import {
  conflictsOf,
  describeField,
  NO_DRAFT,
  settled,
  shown,
  withEdit,
  withKept,
  withoutEdit,
  writesOf,
} from './room-draft.ts'
import { facts } from './testing.ts'

const power = { users: { '@ann:example.org': 100 }, ban: 50, 'org.example': { kept: true } }

test('what is as before is no edit, and an edit is shown in place of what the room says', () => {
  const room = facts({ 'm.room.name': { name: 'Den' } })
  const draft = withEdit(NO_DRAFT, room, 'name', 'Cave')
  expect(shown(draft, room, 'name')).toBe('Cave')
  expect(shown(draft, room, 'topic')).toBe('')
  expect(withEdit(draft, room, 'name', 'Den').size).toBe(0)
  expect(withEdit(NO_DRAFT, room, 'deny', []).size).toBe(0)
  expect(withoutEdit(draft, 'name').size).toBe(0)
})

test('one event for each kind of state, on top of all that is in it; power goes last', () => {
  const room = facts({ 'm.room.power_levels': power })
  let draft = withEdit(NO_DRAFT, room, 'power:users:@bo:example.org', 50)
  draft = withEdit(draft, room, 'power:ban', 100)
  draft = withEdit(draft, room, 'power:events:m.room.name', 0)
  draft = withEdit(draft, room, 'power:notifications:room', 0)
  draft = withEdit(draft, room, 'joinRule', 'restricted')
  draft = withEdit(draft, room, 'allow', ['!space:example.org'])
  expect(writesOf(draft, room)).toEqual([
    {
      type: 'm.room.join_rules',
      content: {
        join_rule: 'restricted',
        allow: [{ type: 'm.room_membership', room_id: '!space:example.org' }],
      },
      basedOn: undefined,
    },
    {
      type: 'm.room.power_levels',
      content: {
        ...power,
        users: { ...power.users, '@bo:example.org': 50 },
        ban: 100,
        events: { 'm.room.name': 0 },
        notifications: { room: 0 },
      },
      basedOn: power,
    },
  ])
})

test('whoever becomes a member again has no entry, and no rule keeps what belonged to another', () => {
  const room = facts({
    'm.room.power_levels': { ...power, users: { ...power.users, '@bo:example.org': 50 } },
    'm.room.join_rules': { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: '!a' }] },
    'm.room.topic': { topic: 'Old', 'm.topic': { 'm.text': [{ body: 'Old' }] } },
    'm.room.avatar': { url: 'mxc://a/b', info: { w: 1 } },
  })
  let draft = withEdit(NO_DRAFT, room, 'power:users:@bo:example.org', 0)
  draft = withEdit(draft, room, 'joinRule', 'invite')
  draft = withEdit(draft, room, 'topic', 'New')
  draft = withEdit(draft, room, 'avatar', '')
  const contents = Object.fromEntries(writesOf(draft, room).map(({ type, content }) => [type, content]))
  expect(contents).toEqual({
    'm.room.join_rules': { join_rule: 'invite' },
    'm.room.topic': { topic: 'New' },
    'm.room.avatar': {},
    'm.room.power_levels': power,
  })
})

test('the first list of servers lets everybody else in', () => {
  const room = facts({})
  const [write] = writesOf(withEdit(NO_DRAFT, room, 'deny', ['evil.example']), room)
  expect(write?.content).toEqual({ allow: ['*'], allow_ip_literals: true, deny: ['evil.example'] })
})

test('what somebody else changed meanwhile is a conflict, but only where both changed the same', () => {
  const before = facts({ 'm.room.name': { name: 'Den' }, 'm.room.power_levels': power })
  let draft = withEdit(NO_DRAFT, before, 'name', 'Cave')
  draft = withEdit(draft, before, 'power:ban', 100)
  const after = facts({ 'm.room.name': { name: 'Hall' }, 'm.room.power_levels': { ...power, kick: 0 } })
  expect(conflictsOf(draft, before)).toEqual([])
  expect(conflictsOf(draft, after)).toEqual([{ field: 'name', theirs: 'Hall' }])
  expect(conflictsOf(withKept(draft, after, 'name'), after)).toEqual([])
  expect(writesOf(draft, after).at(-1)?.content).toEqual({ ...power, kick: 0, ban: 100 })
  // Both wanted the same: nothing is left to do.
  const same = facts({ 'm.room.name': { name: 'Cave' }, 'm.room.power_levels': power })
  expect(conflictsOf(draft, same)).toEqual([])
  expect([...settled(draft, same).keys()]).toEqual(['power:ban'])
})

test('fields have words', () => {
  const nameOf = (): string => 'Bo'
  expect(describeField('power:users:@bo:example.org', nameOf)).toBe('the role of Bo')
  expect(describeField('power:events:m.room.name', nameOf)).toBe('who may change the name')
  expect(describeField('history', nameOf)).toBe('who may read the history')
})

test('who becomes what everybody was keeps that where everybody becomes something else', () => {
  const room = facts({ 'm.room.power_levels': { users: { '@ann:example.org': 100, '@bo:example.org': 50 } } })
  let draft = withEdit(NO_DRAFT, room, 'power:users:@bo:example.org', 0)
  draft = withEdit(draft, room, 'power:users_default', 50)
  expect(writesOf(draft, room)[0]?.content).toEqual({
    users: { '@ann:example.org': 100, '@bo:example.org': 0 },
    users_default: 50,
  })
})

test('a policy server is set with its key, and taken out by saying nothing', () => {
  const none = facts({})
  const draft = withEdit(NO_DRAFT, none, 'policy', ['policy.example', 'k'.repeat(43)])
  const content = { via: 'policy.example', public_keys: { ed25519: 'k'.repeat(43) } }
  expect(writesOf(draft, none)).toEqual([{ type: 'm.room.policy', content, basedOn: undefined }])
  const set = facts({ 'm.room.policy': { ...content, 'org.example': 1 } })
  expect(settled(draft, set).size).toBe(0)
  expect(writesOf(withEdit(NO_DRAFT, set, 'policy', []), set)[0]?.content).toEqual({})
  expect(shown(NO_DRAFT, facts({ 'm.room.policy': { via: 'policy.example' } }), 'policy')).toEqual([])
})
