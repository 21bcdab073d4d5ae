import { expect, test } from 'vitest'
import { NO_OVERLAY, overlayOf, type Overlay } from './overlay.ts'
import type { OutboxItem } from './outbox.ts'
import { parseEvent, type RawEvent } from './raw-event.ts'
import { createRoomEvents } from './room-events.ts'
import { toRoomEvent, type EventSurroundings } from './to-room-event.ts'

const ME = '@me:x'
let next = 0

function raw(type: string, content: Record<string, unknown>, change: Record<string, unknown> = {}): RawEvent {
  const id = `$${next++}`
  const parsed = parseEvent({
    event_id: id,
    sender: '@mia:x',
    type,
    origin_server_ts: next,
    content,
    ...change,
  })
  if (parsed === undefined) throw new Error('The test made an event that is none')
  return parsed
}
const text = (body: string, change?: Record<string, unknown>) =>
  raw('m.room.message', { msgtype: 'm.text', body }, change)
const related = (relType: string, id: string, more: Record<string, unknown> = {}) => ({
  'm.relates_to': { rel_type: relType, event_id: id, ...more },
})

function rig() {
  const lost: string[] = []
  const events = createRoomEvents((rootId) => lost.push(rootId))
  let overlay: Overlay = NO_OVERLAY
  const around: EventSurroundings = {
    me: ME,
    events,
    overlay: () => overlay,
    person: (userId) => ({ userId, name: userId, avatarMxc: undefined }),
    mayNotifyRoom: (userId) => userId === '@mia:x',
    unread: () => ({ unread: 2, highlights: 1 }),
  }
  const look = (id: string) => {
    const entry = events.get(id)
    if (entry === undefined) throw new Error(`${id} is not here`)
    return toRoomEvent(around, entry)
  }
  const setOverlay = (items: Partial<OutboxItem>[]) => {
    overlay = overlayOf(
      items.map((item) => ({
        kind: 'send',
        txnId: 't1',
        roomId: '!r',
        type: 'm.room.message',
        content: {},
        ts: 1,
        threadId: undefined,
        state: 'waiting',
        eventId: undefined,
        error: undefined,
        target: undefined,
        held: false,
        attempted: false,
        ...item,
      })),
    )
  }
  return { events, look, setOverlay, lost }
}

test('what only servers say to each other is not drawn', () => {
  const { events } = rig()
  expect(events.take(text('Hello')).shown).toBe(true)
  expect(events.take(raw('org.matrix.dummy_event', {})).shown).toBe(false)
  expect(events.take(raw('m.room.redaction', {})).shown).toBe(false)
  expect(events.take(raw('m.reaction', related('m.annotation', '$1'))).shown).toBe(false)
  expect(events.take(raw('m.room.message', related('m.replace', '$1'))).shown).toBe(false)
})

test('reactions count once for each person and key, before or after their message came', () => {
  const { events, look } = rig()
  const message = text('Hello')
  const react = (sender: string) =>
    raw('m.reaction', related('m.annotation', message.event_id, { key: '👍' }), { sender })
  events.take(react('@bo:x'))
  events.take(message)
  events.take(react('@bo:x'))
  const mine = react(ME)
  events.take(mine)
  events.take(mine)
  const [reaction] = look(message.event_id).reactions
  expect(reaction?.people.map((each) => each.userId)).toEqual(['@bo:x', ME])
  expect(reaction?.mine).toBe(mine.event_id)
  events.take(raw('m.room.redaction', { redacts: mine.event_id }))
  expect(look(message.event_id).reactions[0]?.mine).toBeUndefined()
})

test('the newest edit of the sender counts, those of others never; a deleted edit is taken back', () => {
  const { events, look } = rig()
  const message = text('one')
  events.take(message)
  const edit = (body: string, change: Record<string, unknown> = {}) =>
    raw(
      'm.room.message',
      {
        body: `* ${body}`,
        'm.new_content': { msgtype: 'm.text', body },
        ...related('m.replace', message.event_id),
      },
      change,
    )
  const second = edit('two')
  const third = edit('three')
  events.take(third)
  events.take(second)
  events.take(edit('forged', { sender: '@bo:x' }))
  expect(look(message.event_id)).toMatchObject({ edited: true, content: { body: 'three' } })
  events.take(raw('m.room.redaction', {}, { redacts: third.event_id }))
  expect(look(message.event_id).content['body']).toBe('two')
})

test('an event keeps its object until something of it changes', () => {
  const { events, look } = rig()
  const message = text('one')
  events.take(message)
  const before = look(message.event_id)
  events.take(message)
  expect(look(message.event_id)).toBe(before)
  events.take(raw('m.room.redaction', { redacts: message.event_id }))
  expect(look(message.event_id)).toMatchObject({ redacted: true, content: {} })
})

test('a thread is told as the server counted it, and its fall-back quotes nothing', () => {
  const { events, look, lost } = rig()
  const reply = text('reply')
  const inThread = {
    ...reply,
    content: {
      ...reply.content,
      ...related('m.thread', '$root', { is_falling_back: true, 'm.in_reply_to': { event_id: '$root' } }),
    },
  }
  events.take(
    text('root', {
      event_id: '$root',
      unsigned: {
        'm.relations': { 'm.thread': { count: 3, latest_event: inThread, current_user_participated: true } },
      },
    }),
  )
  expect(look('$root').thread).toMatchObject({ count: 3, participated: true, unread: 2, highlights: 1 })
  expect(look('$root').thread?.latest).toMatchObject({ threadId: '$root', replyTo: undefined })
  events.take(raw('m.room.redaction', { redacts: reply.event_id }))
  expect(look('$root').thread?.latest?.redacted).toBe(true)
  expect(lost).toEqual(['$root'])
})

test('the whole room is mentioned by those who may', () => {
  const { events, look } = rig()
  const mention = (mentions: unknown, sender = '@mia:x') => {
    const event = raw('m.room.message', { body: '', 'm.mentions': mentions }, { sender })
    events.take(event)
    return look(event.event_id).mentionsMe
  }
  expect(mention({ user_ids: [ME] })).toBe(true)
  expect(mention({ room: true })).toBe(true)
  expect(mention({ room: true }, '@bo:x')).toBe(false)
  expect(mention({ user_ids: [ME] }, ME)).toBe(false)
  expect(mention({})).toBe(false)
  expect(mention('nonsense')).toBe(false)
})

test('what waits to be sent is applied, and gone when it is refused', () => {
  const { events, look, setOverlay } = rig()
  const message = text('one', { sender: ME })
  events.take(message)
  const id = message.event_id
  setOverlay([
    { txnId: 't1', type: 'm.reaction', target: id, content: related('m.annotation', id, { key: '🎉' }) },
    {
      txnId: 't2',
      target: id,
      content: { 'm.new_content': { body: 'two' }, ...related('m.replace', id) },
    },
  ])
  events.spoil(id)
  expect(look(id)).toMatchObject({
    edited: true,
    content: { body: 'two' },
    reactions: [{ key: '🎉', mine: 't1' }],
  })
  setOverlay([{ kind: 'redact', target: id }])
  events.spoil(id)
  expect(look(id)).toMatchObject({ redacted: true, content: {}, reactions: [] })
  setOverlay([])
  events.spoil(id)
  expect(look(id)).toMatchObject({ redacted: false, content: { body: 'one' } })
})
