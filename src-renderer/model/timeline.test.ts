import { expect, test } from 'vitest'
import type { PendingMessage } from '../client/types.ts'
import { event, person, snapshot } from './testing.ts'
import { buildRows, createRowBuilder, type MessageRow, type TimelineRow } from './timeline.ts'

const MINUTE = 60_000
const NOON = new Date(2026, 2, 10, 12).getTime()
const me = person('Ann')
const options = { unreadFrom: undefined, direct: false }

const message = (row: TimelineRow | undefined): MessageRow => {
  if (row?.kind !== 'message') throw new Error('not a message')
  return row
}

const pending = (txnId: string, change: Partial<PendingMessage> = {}): PendingMessage => ({
  txnId,
  roomId: '!r:example.org',
  type: 'm.room.message',
  content: { msgtype: 'm.text', body: 'later' },
  ts: NOON + MINUTE,
  threadId: undefined,
  state: 'waiting',
  eventId: undefined,
  error: undefined,
  ...change,
})

test('messages of one sender form a group until another speaks, or a pause, or a day passes', () => {
  const rows = buildRows(
    snapshot([
      event('Ann', NOON),
      event('Ann', NOON + MINUTE),
      event('Bo', NOON + 2 * MINUTE),
      event('Bo', NOON + 20 * MINUTE),
      event('Bo', NOON + 24 * 60 * MINUTE),
    ]),
    me,
    options,
  )
  expect(rows.map((row) => message(row).startsGroup)).toEqual([true, false, true, true, true])
  expect(rows.map((row) => row.startsDay)).toEqual([true, false, false, false, true])
})

test('a state event is a line of its own and ends a group; one without meaning is left out', () => {
  const rows = buildRows(
    snapshot([
      event('Bo', NOON),
      event('Bo', NOON, { type: 'm.room.topic', stateKey: '', content: { topic: 'Tea' } }),
      event('Bo', NOON, { type: 'org.example.unknown', stateKey: '', content: {} }),
      event('Bo', NOON),
    ]),
    me,
    options,
  )
  expect(rows.map((row) => row.kind)).toEqual(['message', 'notice', 'message'])
  expect(rows[1]).toMatchObject({ text: 'Bo changed the topic to “Tea”' })
  expect(message(rows[2]).startsGroup).toBe(true)
})

test('how a room was set up is one line, and in a conversation of two none', () => {
  const state = (type: string, content: object, change: object = {}) =>
    event('Bo', NOON, { type, stateKey: '', content: { ...content }, ...change })
  const events = [
    state('m.room.create', {}),
    state('m.room.member', { membership: 'join' }, { stateKey: '@bo:example.org', target: person('Bo') }),
    state('m.room.name', { name: 'Den' }),
    state('m.room.member', { membership: 'invite' }, { stateKey: '@ann:example.org', target: me }),
  ]
  const texts = (direct: boolean) =>
    buildRows(snapshot(events), me, { ...options, direct }).map((row) => row.kind === 'notice' && row.text)
  expect(texts(false)).toEqual(['Bo created this room', 'Bo invited Ann'])
  expect(texts(true)).toEqual([])
})

test('own messages are sent, then read when somebody has read them or anything after them', () => {
  const first = event('Ann', NOON)
  const second = event('Ann', NOON + 1)
  const third = event('Ann', NOON + 2)
  const rows = buildRows(
    snapshot([first, second, third], {
      readUpTo: new Map([
        ['@bo:example.org', second.id],
        [me.userId, third.id],
      ]),
    }),
    me,
    options,
  )
  expect(rows.map((row) => message(row).state)).toEqual(['read', 'read', 'sent'])
  expect(rows.map((row) => message(row).showState)).toEqual([false, false, true])
})

test('waiting and failed messages stand at the end and always show their state', () => {
  const rows = buildRows(
    snapshot([event('Bo', NOON)], {
      pending: [
        pending('a', { state: 'failed', error: 'No' }),
        pending('b'),
        pending('c', { state: 'sent' }),
      ],
    }),
    me,
    options,
  )
  expect(rows.slice(1).map((row) => message(row).state)).toEqual(['failed', 'waiting', 'sent'])
  expect(rows.slice(1).map((row) => message(row).showState)).toEqual([true, true, true])
  expect(message(rows[1]).error).toBe('No')
})

test('the echo takes the row of the waiting message over, by transaction id or by event id', () => {
  const byTxn = event('Ann', NOON, { txnId: 'a' })
  const byId = event('Ann', NOON)
  const rows = buildRows(
    snapshot([byTxn, byId], { pending: [pending('a'), pending('b', { state: 'sent', eventId: byId.id })] }),
    me,
    options,
  )
  expect(rows.map((row) => row.key)).toEqual(['a', byId.id])
})

test('the line of what is new stands above the first unread message of somebody else', () => {
  const read = event('Bo', NOON)
  const events = [read, event('Ann', NOON + 1), event('Bo', NOON + 2), event('Bo', NOON + 3)]
  const marks = (unreadFrom: string | undefined) =>
    buildRows(snapshot(events), me, { ...options, unreadFrom }).map((row) => row.startsUnread)
  expect(marks(read.id)).toEqual([false, false, true, false])
  expect(marks(undefined)).toEqual([false, false, false, false])
  expect(marks(events.at(-1)?.id)).toEqual([false, false, false, false])
})

test('a deleted message is a calm line that has no state and cannot be deleted again', () => {
  const [row] = buildRows(snapshot([event('Ann', NOON, { redacted: true, content: {} })]), me, options)
  expect(message(row)).toMatchObject({ style: 'placeholder', body: 'Message deleted', state: undefined })
})

test('content of the wrong type is drawn as nothing, not as a fault', () => {
  const [row] = buildRows(
    snapshot([event('Bo', NOON, { content: { msgtype: 7, body: { x: 1 } } })]),
    me,
    options,
  )
  expect(message(row).body).toBe('')
})

test('a row stays the same object while nothing in it changed, whatever comes before and after it', () => {
  const build = createRowBuilder()
  const older = event('Bo', NOON - MINUTE)
  const [first, second] = [event('Bo', NOON), event('Ann', NOON + MINUTE)]
  const people = new Map([['@bo:example.org', person('Bo')]])
  const before = build(snapshot([first, second]), me, { ...options, people })
  const after = build(
    snapshot([older, first, second, event('Bo', NOON + 2 * MINUTE)], {
      readUpTo: new Map([['@bo:example.org', first.id]]),
      pending: [pending('a')],
    }),
    me,
    { ...options, people: new Map(people) },
  )
  // The first lost its day and its group to the older one; the second shows its state no more.
  expect(after[1]).not.toBe(before[0])
  expect(after[2]).not.toBe(before[1])
  const again = build(
    snapshot([older, first, second, event('Bo', NOON + 2 * MINUTE)], { pending: [pending('a')] }),
    me,
    { ...options, people: new Map(people) },
  )
  expect(again.slice(0, 3)).toEqual(after.slice(0, 3))
  expect(again[1]).toBe(after[1])
  expect(again[2]).toBe(after[2])
})

test('faces stand at the last drawn message that somebody has read, except at their own', () => {
  const first = event('Ann', NOON)
  const hidden = event('Ann', NOON + 1, { type: 'm.reaction', content: {} })
  const theirs = event('Bo', NOON + 2)
  const people = new Map([person('Bo'), person('Cy')].map((each) => [each.userId, each]))
  const rows = buildRows(
    snapshot([first, hidden, theirs], {
      readUpTo: new Map([
        ['@bo:example.org', theirs.id],
        ['@cy:example.org', hidden.id],
      ]),
    }),
    me,
    { ...options, people },
  )
  expect(rows.map((row) => row.readers.map((each) => each.name))).toEqual([['Cy'], []])
})
