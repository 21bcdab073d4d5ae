// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { suggestCommands, understand, withoutEscape } from './commands.ts'
import { completionAt, isInFence, shortcodeAt } from './completion.ts'
import { composeMessage } from './compose.ts'
import { createDrafts, NO_DRAFT } from './drafts.ts'
import { isEditable, writtenOf } from './editing.ts'
import { inTone, loadEmoji } from './emoji.ts'
import { htmlToMarkdown, isWorthConverting } from './from-html.ts'
import type { PeerAddress } from './linked-person.ts'
import { toggleMark } from './marks.ts'
import { addMention, keepMentions, mentionOf, suggestPeople } from './mentions.ts'
import { pollContent, problemOf } from './new-poll.ts'
import { parsePoll } from './poll.ts'
import { detail, event, person } from './testing.ts'

const context = (change: Parameters<typeof detail>[1] = {}) => ({
  room: detail('den', change),
  mentions: [mentionOf(person('Mia'))],
  myUserId: '@me:example.org',
  linked: ({ serverName, at }: PeerAddress) => ({
    userId: serverName === 'example.org' ? '@me:example.org' : `@owner:${serverName}`,
    serverName,
    at,
    lost: at === undefined,
  }),
  editing: false,
})

test('people are found by the beginning of any of their names, without accents, whoever spoke last first', () => {
  const people = ['Zoë Ånström', 'Anna', 'Hanna', 'Bo'].map(person)
  const names = (query: string, recent: string[] = []) =>
    suggestPeople(people, query, recent).map((each) => each.name)
  expect(names('zoe')).toEqual(['Zoë Ånström'])
  expect(names('an')).toEqual(['Anna', 'Zoë Ånström', 'Hanna'])
  expect(names('', [person('Bo').userId])[0]).toBe('Bo')
  expect(names('zstr')).toEqual(['Zoë Ånström'])
  expect(names('xyz')).toEqual([])
})

test('taking the name out of the text takes the mention back', () => {
  const mentions = addMention([], mentionOf(person('Mia')))
  expect(keepMentions('Hi @Mia', mentions)).toBe(mentions)
  expect(keepMentions('Hi @Mi', mentions)).toEqual([])
})

test('what is typed before the cursor opens the list that can complete it, but never in code', () => {
  expect(completionAt('Hi @mi', 6)).toEqual({ kind: 'person', query: 'mi', start: 3 })
  expect(completionAt('@Mia Li', 7)).toEqual({ kind: 'person', query: 'Mia Li', start: 0 })
  expect(completionAt('so :smi', 7)).toEqual({ kind: 'emoji', query: 'smi', start: 3 })
  expect(completionAt('/to', 3)).toEqual({ kind: 'command', query: 'to', start: 0 })
  for (const text of ['mail me@mia', 'at 10:30', ':D', '`@mi', '```\n@mi', 'say /to', '/topic x'])
    expect(completionAt(text, text.length)).toBeUndefined()
  expect(shortcodeAt('well :tada:', 11)).toEqual({ name: 'tada', start: 5 })
  expect(shortcodeAt('10:30:', 6)).toBeUndefined()
  expect(isInFence('```ts\nlet', 9)).toBe(true)
  expect(isInFence('```ts\nlet\n```\n', 14)).toBe(false)
})

test('signs of a format are put around the selection, and taken away again', () => {
  const apply = (text: string, from: number, to: number, kind: Parameters<typeof toggleMark>[3]) => {
    const edit = toggleMark(text, from, to, kind)
    return text.slice(0, edit.start) + edit.insert + text.slice(edit.end)
  }
  expect(apply('a word', 2, 6, 'bold')).toBe('a **word**')
  expect(apply('a **word**', 4, 8, 'bold')).toBe('a word')
  expect(apply('a **word**', 4, 8, 'italic')).toBe('a ***word***')
  expect(apply('***word***', 3, 7, 'italic')).toBe('**word**')
  expect(apply('https://e.org', 0, 13, 'link')).toBe('[](https://e.org)')
  expect(apply('a\nb', 0, 3, 'code')).toBe('```\na\nb\n```')
})

test('drafts of a room, of its threads and of edits are kept apart, per account, and a damaged one is none', () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
  const place = { roomId: '!a:x', threadId: undefined, kind: 'new' } as const
  const draft = { text: 'Hi @Mia', mentions: [mentionOf(person('Mia'))], eventId: '$reply' }
  const open = (userId: string) => createDrafts(storage, userId, (write) => write())
  const first = open('@me:x')
  first.set(place, draft)
  first.flush()
  const again = open('@me:x')
  expect(again.get(place)).toEqual(draft)
  expect(again.get({ ...place, threadId: '$root' })).toEqual(NO_DRAFT)
  expect(again.get({ ...place, kind: 'edit' })).toEqual(NO_DRAFT)
  expect(open('@you:x').get(place)).toEqual(NO_DRAFT)
  for (const key of kept.keys()) kept.set(key, '{"text":5,"mentions":[{}]}')
  expect(open('@me:x').get(place)).toEqual(NO_DRAFT)
  again.set(place, NO_DRAFT)
  again.flush()
  expect(kept.size).toBe(0)
})

test('a full storage stops nobody from typing', () => {
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error('full')
    },
    removeItem: () => {},
  }
  const place = { roomId: '!a:x', threadId: undefined, kind: 'new' } as const
  const drafts = createDrafts(full, '@me:x', () => undefined)
  drafts.set(place, { ...NO_DRAFT, text: 'x' })
  drafts.flush()
  expect(drafts.get(place).text).toBe('x')
})

test('commands make messages or wishes, a double slash and a path are text, and an unknown one is no message', () => {
  expect(understand('/me waves at @Mia', context())).toMatchObject({
    kind: 'message',
    message: { msgtype: 'm.emote', body: 'waves at @Mia', mentions: { userIds: ['@mia:example.org'] } },
  })
  expect(understand('/shrug well', context())).toMatchObject({ message: { body: '¯\\_(ツ)_/¯ well' } })
  expect(understand('/plain *x*', context())).toMatchObject({ message: { body: '*x*' } })
  expect(understand('/kick @Mia too loud', context({ can: { ...detail('x').can, kick: true } }))).toEqual({
    kind: 'kick',
    userId: '@mia:example.org',
    reason: 'too loud',
  })
  const mayBan = context({ can: { ...detail('x').can, ban: true } })
  expect(understand('/unban @Mia one more chance', mayBan)).toEqual({
    kind: 'unban',
    userId: '@mia:example.org',
    reason: 'one more chance',
  })
  expect(understand('/unban @Mia', mayBan)).toMatchObject({ kind: 'unban', reason: undefined })
  expect(understand('/kick @Mia', context())).toEqual({
    kind: 'error',
    words: 'You may not do this in this room.',
  })
  expect(understand('/join #den:example.org', context())).toEqual({
    kind: 'join',
    room: '#den:example.org',
    via: [],
  })
  expect(understand('/part', context())).toEqual({ kind: 'leave' })
  expect(understand('/topic', context())).toEqual({
    kind: 'error',
    words: 'Write the topic after the command.',
  })
  expect(understand('/nonsense', context())?.kind).toBe('error')
  expect(understand('/topic x', { ...context(), editing: true })?.kind).toBe('error')
  for (const text of ['//nonsense', '/etc/hosts', 'hello /me', '/ x'])
    expect(understand(text, context())).toBeUndefined()
  expect(withoutEscape('//nonsense')).toBe('/nonsense')
  expect(suggestCommands('k', detail('den'))).toEqual([])
  expect(suggestCommands('to', detail('den')).map((each) => each.name)).toEqual(['topic'])
})

test('a Hearth link invites and begins a conversation; one that lacks an address is sent to where it is asked for', () => {
  const room = context({ can: { ...detail('x').can, invite: true } })
  const peer = { serverName: 'mia.local', at: '10.0.0.7:8448' }
  const link = `hearth://${peer.serverName}?at=${peer.at}`
  expect(understand(`/invite ${link}`, room)).toEqual({ kind: 'invite', userId: '@owner:mia.local', peer })
  expect(understand(`/msg ${link} Hello you`, room)).toMatchObject({
    kind: 'direct',
    userId: '@owner:mia.local',
    peer,
    message: { body: 'Hello you' },
  })
  expect(understand('/invite @mia:example.org', room)).toMatchObject({ kind: 'invite', peer: undefined })
  expect(understand('/invite hearth://mia.local', room)).toMatchObject({
    kind: 'error',
    words: expect.stringContaining('“Invite people”') as string,
  })
  expect(understand('/msg hearth://example.org', room)).toMatchObject({
    words: 'This is your own address. Ask the other person for theirs.',
  })
})

test.each([
  ['<b>bold</b> and <i>it</i>', '**bold** and *it*'],
  ['<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>', '- a\n- b\n  - c'],
  ['<ol start="3"><li>c</li><li>d</li></ol>', '3. c\n4. d'],
  ['one<br>two', 'one\ntwo'],
  ['<pre><code class="language-ts">a &lt; b\n</code></pre>', '```ts\na < b\n```'],
  ['<del>gone</del> <span data-mx-spoiler>secret</span>', '~~gone~~ ||secret||'],
  ['<a href="https://e.org/">site</a>', '[site](https://e.org/)'],
  [
    '<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>',
    '| a | b |\n| --- | --- |\n| 1 | 2 |',
  ],
  ['<b style="font-weight:normal">text</b>', 'text'],
  ['<mx-reply><blockquote>old</blockquote></mx-reply>new', 'new'],
  ['snake_case 2 * 3 <script>x</script>', 'snake_case 2 \\* 3'],
])('%s becomes markdown', (html, expected) => {
  expect(htmlToMarkdown(html)?.markdown).toBe(expected)
})

test('HTML without end is not read, and an edit of it begins with the plain text', () => {
  const html = `${'<div>'.repeat(20_000)}x`
  expect(htmlToMarkdown(html)).toBeUndefined()
  expect(htmlToMarkdown('x'.repeat(300_000))).toBeUndefined()
  const sent = event('Me', 0, { content: { msgtype: 'm.text', body: 'plain', formatted_body: html } })
  expect(writtenOf(sent).text).toBe('plain')
})

test('text of an editor, coloured only, is pasted as it is', () => {
  expect(isWorthConverting('<div style="white-space:pre"><span style="color:red">let</span> a</div>')).toBe(
    false,
  )
  expect(isWorthConverting('<p>a <b>b</b></p>')).toBe(true)
})

test('an edit begins with what was typed, and keeps its mentions', () => {
  const sent = composeMessage('Hi @Mia, *this* is `code`', {
    mentions: [mentionOf(person('Mia'))],
    room: false,
  })
  const mine = event('Me', 0, {
    content: {
      msgtype: 'm.text',
      body: sent.body,
      format: 'org.matrix.custom.html',
      formatted_body: sent.formattedBody,
    },
  })
  const written = writtenOf(mine)
  expect(written.text).toBe('Hi @Mia, *this* is `code`')
  expect(composeMessage(written.text, { mentions: written.mentions, room: false })).toEqual(sent)
  const foreign = event('Me', 0, {
    content: { msgtype: 'm.emote', body: 'bold', formatted_body: '<b>bold</b>' },
  })
  expect(writtenOf(foreign).text).toBe('/me **bold**')
  const plain = event('Me', 0, { content: { msgtype: 'm.text', body: '*not* bold' } })
  expect(composeMessage(writtenOf(plain).text, { mentions: [], room: false }).formattedBody).toBe(
    '*not* bold',
  )
  expect(isEditable(mine, mine.sender.userId)).toBe(true)
  expect(isEditable(mine, '@you:x')).toBe(false)
  expect(isEditable(event('Me', 0, { content: { msgtype: 'm.image', body: 'a' } }), mine.sender.userId)).toBe(
    false,
  )
})

test('emoji are found by shortcode, name and what they are about, in the chosen tone', async () => {
  const emoji = await loadEmoji()
  expect(emoji.byShortcode.get('tada')?.emoji).toBe('🎉')
  expect(emoji.byShortcode.get('+1')?.emoji).toBe('👍️')
  expect(emoji.search('heart', 5)[0]?.emoji).toBe('❤️')
  expect(emoji.search('party', 10).map((each) => each.emoji)).toContain('🎉')
  expect(emoji.search('', 5)).toEqual([])
  const wave = emoji.byShortcode.get('wave')
  expect(wave === undefined ? '' : inTone(wave, 5)).toBe('👋🏿')
  expect(emoji.groups.flatMap((group) => group.emojis).length).toBeGreaterThan(1800)
})

test('a poll that is put together is one that can be read', () => {
  const poll = { question: ' Tea? ', answers: ['Yes', ' No ', ''], disclosed: false, maxSelections: 5 }
  expect(problemOf(poll)).toBeUndefined()
  const content = pollContent(poll)
  expect(parsePoll(content)).toEqual({
    question: 'Tea?',
    answers: [
      { id: 'answer-1', text: 'Yes' },
      { id: 'answer-2', text: 'No' },
    ],
    disclosed: false,
    maxSelections: 2,
  })
  expect(content['body']).toBe('Tea?\n1. Yes\n2. No')
  expect(problemOf({ ...poll, answers: ['Yes', 'Yes'] })).toBe('Two answers are the same.')
  expect(problemOf({ ...poll, answers: ['Yes'] })).toBe('Write at least two answers.')
})
