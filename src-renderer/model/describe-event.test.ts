import { expect, test } from 'vitest'
import { describeMessage, describeStateEvent } from './describe-event.ts'
import { event, person } from './testing.ts'

const member = (membership: string, before: string | undefined, sender: string, whom: string) =>
  describeStateEvent(
    event(sender, 0, {
      type: 'm.room.member',
      stateKey: person(whom).userId,
      target: person(whom),
      content: { membership },
      prevContent: before === undefined ? {} : { membership: before },
    }),
  )

test.each([
  ['join', undefined, 'Bo', 'Bo', 'Bo joined'],
  ['join', 'invite', 'Bo', 'Bo', 'Bo accepted the invitation'],
  ['invite', undefined, 'Ann', 'Bo', 'Ann invited Bo'],
  ['leave', 'join', 'Bo', 'Bo', 'Bo left'],
  ['leave', 'invite', 'Bo', 'Bo', 'Bo declined the invitation'],
  ['leave', 'invite', 'Ann', 'Bo', 'Ann took back the invitation of Bo'],
  ['leave', 'join', 'Ann', 'Bo', 'Ann removed Bo'],
  ['leave', 'ban', 'Ann', 'Bo', 'Ann lifted the ban of Bo'],
  ['ban', 'join', 'Ann', 'Bo', 'Ann banned Bo'],
  ['knock', undefined, 'Bo', 'Bo', 'Bo asks to join'],
  ['nonsense', undefined, 'Bo', 'Bo', undefined],
])('membership %s after %s', (membership, before, sender, whom, words) => {
  expect(member(membership, before, sender, whom)).toBe(words)
})

test('a profile change is told, one without a visible change is not', () => {
  const change = (content: object, prevContent: object) =>
    describeStateEvent(
      event('Bo', 0, {
        type: 'm.room.member',
        stateKey: '@bo:example.org',
        content: { membership: 'join', ...content },
        prevContent: { membership: 'join', ...prevContent },
      }),
    )
  expect(change({ displayname: 'B' }, { displayname: 'Bo' })).toBe('Bo is now called B')
  expect(change({ avatar_url: 'mxc://a/b' }, {})).toBe('Bo changed their picture')
  expect(change({}, {})).toBeUndefined()
})

test('names and topics, with hostile content', () => {
  const state = (type: string, content: Record<string, unknown>) =>
    describeStateEvent(event('Bo', 0, { type, stateKey: '', content }))
  expect(state('m.room.name', { name: 'Den' })).toBe('Bo named the room “Den”')
  expect(state('m.room.name', { name: ['x'] })).toBe("Bo removed the room's name")
  expect(state('m.room.topic', {})).toBe('Bo removed the topic')
  expect(state('m.room.join_rules', { join_rule: 'public' })).toBeUndefined()
})

test('messages that are not text are named', () => {
  const words = (content: Record<string, unknown>, change = {}) =>
    describeMessage(event('Bo', 0, { content, ...change }))
  expect(words({ msgtype: 'm.image', body: 'cat.png' })).toBe('Picture')
  expect(words({ msgtype: 'm.file', body: 'plan.pdf' })).toBe('File: plan.pdf')
  expect(words({ msgtype: 'm.emote', body: 'waves' })).toBe('Bo waves')
  expect(words({ msgtype: 'm.text', body: 'x' }, { redacted: true })).toBe('Message deleted')
  expect(words({}, { type: 'm.room.encrypted' })).toBe('Encrypted message')
})
