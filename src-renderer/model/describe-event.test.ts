import { expect, test } from 'vitest'
import { describeMessage } from './describe-event.ts'
import { describeStateEvent } from './describe-state.ts'
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
  ['leave', 'knock', 'Bo', 'Bo', 'Bo no longer asks to join'],
  ['leave', 'knock', 'Ann', 'Bo', 'Ann declined that Bo joins'],
  ['invite', 'knock', 'Ann', 'Bo', 'Ann agreed that Bo joins'],
  ['knock', undefined, 'Bo', 'Bo', 'Bo asks to join'],
  ['nonsense', undefined, 'Bo', 'Bo', undefined],
])('membership %s after %s', (membership, before, sender, whom, words) => {
  expect(member(membership, before, sender, whom)).toBe(words)
})

test('reasons are told, except those of a profile', () => {
  const reason = (membership: string, why: string) =>
    describeStateEvent(
      event('Ann', 0, {
        type: 'm.room.member',
        stateKey: '@bo:example.org',
        target: person('Bo'),
        content: { membership, reason: why },
        prevContent: { membership: 'join' },
      }),
    )
  expect(reason('ban', 'Spam\nand more')).toBe('Ann banned Bo: “Spam and more”')
  expect(reason('leave', 'Calm down')).toBe('Ann removed Bo: “Calm down”')
  expect(reason('leave', ' ')).toBe('Ann removed Bo')
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

test('formatted messages are told in words, without signs, quotes and what is hidden', () => {
  const words = (formatted_body: string, body = '**plain**') =>
    describeMessage(
      event('Bo', 0, {
        content: { msgtype: 'm.text', body, format: 'org.matrix.custom.html', formatted_body },
      }),
    )
  expect(words('<strong>Bold</strong> and <em>more</em> &amp; <code>a &lt; b</code>')).toBe(
    'Bold and more & a < b',
  )
  expect(words('<p>One\nline</p>\n<ul>\n<li>a</li>\n<li>b</li></ul>')).toBe('One line\na\nb')
  expect(words('<mx-reply><blockquote>old</blockquote></mx-reply>new')).toBe('new')
  expect(words('It was <span data-mx-spoiler="end">the <span>cook</span> himself</span>!')).toBe('It was …!')
  expect(words('<img data-mx-emoticon alt=":cat:" src="mxc://a/b">')).toBe(':cat:')
  expect(words('<a title="a > b" href="https://matrix.to/#/@bo:b">@Bo</a> 1 < 2 &#9731; &x; &#55296;')).toBe(
    '@Bo 1 < 2 ☃ &x;',
  )
  expect(words('<pre><code>a\n  b</code></pre>')).toBe('a\nb')
  // Nothing to say, or not ended: what is told is never what was hidden, and never a mark-up.
  expect(words('<img src="x">')).toBe('**plain**')
  expect(words('a<script>alert(1)')).toBe('a')
  expect(words('a<span data-mx-spoiler>b')).toBe('a…')
  expect(words('a<b title="')).toBe('a')
  expect(words('x'.repeat(1_000_000)).length).toBe(2_000)
  for (const part of ['<', '<!--', '</', '<b', '<mx-reply>', '&#', '<span data-mx-spoiler>', '\n<p>']) {
    expect(words(`a${part.repeat(100_000)}`)).toMatch(/^a/u)
  }
  const file = { msgtype: 'm.image', filename: 'cat.png', body: '*so* nice' }
  const captioned = { ...file, format: 'org.matrix.custom.html', formatted_body: '<em>so</em> nice' }
  expect(describeMessage(event('Bo', 0, { content: captioned }))).toBe('Picture: so nice')
})
