import { expect, test } from 'vitest'
import { describeStateEvent } from './describe-state.ts'
import { event, person } from './testing.ts'

type Content = Record<string, unknown>

const told = (type: string, content: Content, prevContent: Content = {}, named: readonly string[] = []) =>
  describeStateEvent(event('Ann', 0, { type, stateKey: '', content, prevContent, named: named.map(person) }))

test.each<[Content, Content, string | undefined]>([
  [{ join_rule: 'public' }, { join_rule: 'invite' }, 'Ann opened the room to everyone'],
  [{ join_rule: 'invite' }, { join_rule: 'public' }, 'Ann made the room for invited people only'],
  [{ join_rule: 'knock' }, { join_rule: 'invite' }, 'Ann made the room for people who ask to join'],
  [
    { join_rule: 'restricted', allow: [] },
    { join_rule: 'invite' },
    'Ann opened the room to the members of certain spaces or rooms',
  ],
  [
    { join_rule: 'restricted', allow: [{ room_id: '!a' }] },
    { join_rule: 'restricted', allow: [] },
    'Ann changed whose members may join without an invitation',
  ],
  [{ join_rule: 'x-new' }, { join_rule: 'invite' }, 'Ann changed who may join'],
  [{ join_rule: 'knock' }, {}, undefined],
])('who may join: %o', (content, before, words) => {
  expect(told('m.room.join_rules', content, before)).toBe(words)
})

test('who may read the history', () => {
  const change = (now: string, before: Content = { history_visibility: 'shared' }) =>
    told('m.room.history_visibility', { history_visibility: now }, before)
  expect(change('joined')).toBe('Ann let new members read from their joining on')
  expect(change('world_readable')).toBe('Ann opened the history to everybody, also without joining')
  expect(change('shared', {})).toBeUndefined()
})

test('roles are told with names, rights in words', () => {
  const before = { users: { '@ann:example.org': 100, '@cy:example.org': 50 } }
  const levels = (content: Content) =>
    told('m.room.power_levels', { ...before, ...content }, before, ['Bo', 'Cy'])
  expect(levels({ users: { ...before.users, '@bo:example.org': 50 } })).toBe('Ann made Bo a moderator')
  expect(levels({ users: { '@ann:example.org': 100, '@bo:example.org': 100 } })).toBe(
    'Ann made Bo an owner and made Cy a member',
  )
  expect(levels({ users: { ...before.users, '@bo:example.org': 30 } })).toBe(
    'Ann made Bo somebody with power level 30',
  )
  expect(levels({ ban: 100, invite: 50 })).toBe('Ann changed who may invite people and ban people')
  expect(levels({ notifications: { room: 0 } })).toBe('Ann changed who may notify everybody with @room')
  expect(levels({ events: { 'org.example': 3 } })).toBe('Ann changed who may do what')
  expect(levels({ users_default: 50 })).toContain('made everybody who has no role a moderator')
  expect(levels({})).toBeUndefined()
  expect(told('m.room.power_levels', { users: 'x', ban: [] }, { ban: {} })).toBe(
    'Ann changed who may do what',
  )
})

test('a default that changes many rights is told once each', () => {
  expect(told('m.room.power_levels', { events_default: 50 }, { events_default: 0 })).toBe(
    'Ann changed who may send messages and react to messages',
  )
})

test('servers, addresses, pins and pictures', () => {
  const acl = (deny: readonly string[], before: readonly string[] = []) =>
    told('m.room.server_acl', { allow: ['*'], deny }, { allow: ['*'], deny: before })
  expect(acl(['evil.example'])).toBe('Ann shut out the server evil.example')
  expect(acl([], ['a', 'b'])).toBe('Ann lets the servers a and b take part again')
  expect(acl(['c'], ['a'])).toBe('Ann changed which servers may take part')
  expect(acl([])).toBeUndefined()
  const alias = (content: Content, before: Content = {}) => told('m.room.canonical_alias', content, before)
  expect(alias({ alias: '#den:a' })).toBe('Ann made #den:a the main address')
  expect(alias({ alias: `#den:${'a2'.repeat(28)}.local` })).toBe(
    'Ann made #den:a2a2a2a2….local the main address',
  )
  expect(alias({}, { alias: '#den:a' })).toBe('Ann removed the main address')
  expect(alias({ alt_aliases: ['#b:a', 3] })).toBe('Ann added the address #b:a')
  expect(told('m.room.pinned_events', { pinned: ['$a', '$b'] }, { pinned: ['$a'] })).toBe(
    'Ann pinned a message',
  )
  expect(told('m.room.pinned_events', { pinned: [] }, { pinned: ['$a', '$b'] })).toBe(
    'Ann unpinned 2 messages',
  )
  expect(told('m.room.avatar', {})).toBe("Ann removed the room's picture")
  expect(told('m.room.tombstone', { body: 'New rules' })).toBe(
    'Ann upgraded this room; it continues in a new one',
  )
  expect(told('m.room.create', { predecessor: { room_id: '!old' } })).toBe(
    'Ann created this room to replace an earlier one',
  )
  expect(told('m.room.third_party_invite', { display_name: 'b…@e…' })).toBe('Ann invited b…@e…')
  expect(told('m.room.third_party_invite', {}, { display_name: 'b…@e…' })).toBe(
    'Ann took back the invitation of b…@e…',
  )
  expect(told('m.space.child', { via: ['a'] })).toBe('Ann added a room to this space')
  expect(told('m.space.child', {})).toBe('Ann removed a room from this space')
})

test('what strangers send is cut, and a type that is a name of JavaScript is none of ours', () => {
  expect(told('m.room.topic', { topic: 'x'.repeat(5_000) })?.length).toBeLessThan(400)
  expect(told('constructor', {})).toBeUndefined()
  expect(told('__proto__', {})).toBeUndefined()
})
