import { expect, test } from 'vitest'
import { fileContent } from './file-content.ts'
import { editContent, forwardContent, messageContent, relatesTo } from './message-content.ts'
import type { OutgoingMessage, RoomEvent } from './types.ts'

const ME = '@me:x'
const MIA = '@mia:x'
const BO = '@bo:x'

const says = (body: string, userIds: string[] = [], room = false): OutgoingMessage => ({
  msgtype: 'm.text',
  body,
  mentions: { userIds, room },
})

const event = (content: Record<string, unknown>, sender = MIA): RoomEvent => ({
  id: '$1',
  type: 'm.room.message',
  stateKey: undefined,
  sender: { userId: sender, name: 'Mia', avatarMxc: undefined },
  target: undefined,
  named: [],
  ts: 1,
  content,
  prevContent: {},
  redacted: false,
  edited: false,
  txnId: undefined,
  reactions: [],
  replyTo: undefined,
  threadId: undefined,
  thread: undefined,
  mentionsMe: false,
})

test('a message always says whom it means, so that nobody is meant by chance', () => {
  expect(messageContent(says('Hi'), ME)).toEqual({ msgtype: 'm.text', body: 'Hi', 'm.mentions': {} })
  expect(messageContent(says('Hi', [BO, BO], true), ME)['m.mentions']).toEqual({ user_ids: [BO], room: true })
  const formatted = messageContent({ ...says('**Hi**'), formattedBody: '<strong>Hi</strong>' }, ME)
  expect(formatted).toMatchObject({
    format: 'org.matrix.custom.html',
    formatted_body: '<strong>Hi</strong>',
  })
})

test('an answer means whom it answers, but never oneself', () => {
  expect(messageContent(says('Hi', [BO]), ME, event({}))['m.mentions']).toEqual({ user_ids: [BO, MIA] })
  expect(messageContent(says('Hi'), ME, event({}, ME))['m.mentions']).toEqual({})
})

test('an edit calls only those who were not meant before', () => {
  const before = event({ msgtype: 'm.text', body: 'one', 'm.mentions': { user_ids: [MIA] } }, ME)
  expect(editContent(before, says('two', [MIA, BO], true))).toEqual({
    msgtype: 'm.text',
    body: '* two',
    'm.mentions': { user_ids: [BO], room: true },
    'm.new_content': { msgtype: 'm.text', body: 'two', 'm.mentions': { user_ids: [MIA, BO], room: true } },
    'm.relates_to': { rel_type: 'm.replace', event_id: '$1' },
  })
})

test('an edit of a file changes its caption and keeps the file', () => {
  const file = { msgtype: 'm.image', body: 'a.png', url: 'mxc://a/b', info: { w: 1 } }
  const captioned = editContent(event(file, ME), says('A picture'))
  expect(captioned['m.new_content']).toEqual({
    ...file,
    body: 'A picture',
    filename: 'a.png',
    'm.mentions': {},
  })
  const bare = editContent(event({ ...file, body: 'Old', filename: 'a.png' }, ME), says(''))
  expect(bare['m.new_content']).toMatchObject({ body: 'a.png', filename: 'a.png' })
})

test('threads fall back to their newest message for clients that know none, except in a real answer', () => {
  const latest = () => '$latest'
  expect(relatesTo(undefined, latest)).toEqual({})
  expect(relatesTo({ replyTo: event({}) }, latest)).toEqual({
    'm.relates_to': { 'm.in_reply_to': { event_id: '$1' } },
  })
  const thread = { rel_type: 'm.thread', event_id: '$root' }
  expect(relatesTo({ threadId: '$root' }, latest)['m.relates_to']).toEqual({
    ...thread,
    is_falling_back: true,
    'm.in_reply_to': { event_id: '$latest' },
  })
  expect(relatesTo({ threadId: '$root', replyTo: event({}) }, latest)['m.relates_to']).toEqual({
    ...thread,
    is_falling_back: false,
    'm.in_reply_to': { event_id: '$1' },
  })
})

test('what is forwarded belongs to nothing, and calls nobody', () => {
  const content = { body: 'Hi', 'm.mentions': { room: true }, 'm.relates_to': { rel_type: 'm.thread' } }
  expect(forwardContent(event(content))).toEqual({ body: 'Hi', 'm.mentions': {} })
})

test('a voice message says so in the fields that clients read', () => {
  const file = new File(['abc'], 'Voice message.ogg', { type: 'audio/ogg' })
  const voice = { durationMs: 1500.4, waveform: [0, 512, 9999, -1] }
  const content = fileContent({ file, caption: '', voice }, { kind: 'audio' }, 'mxc://a/b', undefined)
  expect(content).toEqual({
    msgtype: 'm.audio',
    body: 'Voice message.ogg',
    filename: 'Voice message.ogg',
    url: 'mxc://a/b',
    info: { mimetype: 'audio/ogg', size: 3, duration: 1500 },
    'm.mentions': {},
    'org.matrix.msc3245.voice': {},
    'org.matrix.msc1767.text': 'Voice message.ogg',
    'org.matrix.msc1767.audio': { duration: 1500, waveform: [0, 512, 1024, 0] },
  })
})

test('a caption carries its form and whom it means', () => {
  const file = new File(['abc'], 'a.png', { type: 'image/png' })
  const formatted = { formattedBody: '<b>Hi</b>', mentions: { userIds: [MIA], room: false } }
  const content = fileContent({ file, caption: 'Hi', formatted }, { kind: 'image' }, 'mxc://a/b', undefined)
  expect(content).toMatchObject({
    body: 'Hi',
    filename: 'a.png',
    formatted_body: '<b>Hi</b>',
    'm.mentions': { user_ids: [MIA] },
  })
})
