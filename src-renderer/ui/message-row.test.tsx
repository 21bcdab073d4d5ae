// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Tooltip } from 'radix-ui'
import { Profiler } from 'react'
import { afterEach, expect, test } from 'vitest'
import { writable } from '../client/readable.ts'
import {
  ConversationContext,
  VerbsContext,
  type Conversation,
  type ConversationVerbs,
} from '../model/conversation.ts'
import { detail, event, person } from '../model/testing.ts'
import { buildRows } from '../model/timeline.ts'
import type { RoomEvent, TimelineSnapshot } from '../model/types.ts'
import { ServicesContext, type AppServices } from '../model/use-client.ts'
import { MessageRow } from './message-row.tsx'

afterEach(cleanup)

const NOON = new Date(2026, 2, 10, 12).getTime()
const me = person('Ann')
const ALL = { send: true, react: true, pin: true, redactOthers: false }

/** Draws one message in a conversation whose verbs and client only note what they were asked. */
function draw(
  message: RoomEvent | TimelineSnapshot['pending'][number],
  rights = ALL,
  nearby = 'unavailable',
) {
  const asked: unknown[] = []
  const note =
    (name: string) =>
    (...rest: unknown[]): void =>
      void asked.push([name, ...rest])
  const room = detail('room', { members: [{ ...person('Bo'), membership: 'join', powerLevel: 0 }] })
  const client = {
    userId: me.userId,
    rooms: writable([]),
    event: (_roomId: string, id: string) =>
      writable(id === '$quoted' ? event('Bo', NOON, { content: { body: 'What I said' } }) : 'missing'),
    delivery: () => writable(undefined),
    nearby: writable({ status: nearby, peers: [] }),
    mediaUrl: () => undefined,
    linkPreview: () => Promise.resolve(undefined),
    toggleReaction: note('react'),
    retry: note('retry'),
    discard: note('discard'),
  }
  const services = {
    client,
    bridge: { openExternal: note('external') },
    toast: note('toast'),
    attempt: () => Promise.resolve(true),
    describe: String,
  } as unknown as AppServices
  const verbs: ConversationVerbs = {
    roomId: room.id,
    threadId: undefined,
    setComposing: note('compose'),
    ask: (question) => asked.push(['ask', question.kind]),
    openPanel: (panel) => asked.push(['panel', panel]),
    jumpTo: note('jump'),
    openLink: note('link'),
  }
  const conversation: Conversation = {
    ...verbs,
    room,
    composing: undefined,
    staged: [],
    setStaged: () => undefined,
  }
  const isEvent = 'sender' in message
  const [row] = buildRows(
    {
      events: isEvent ? [message] : [],
      pending: isEvent ? [] : [message],
      live: true,
      readUpTo: new Map(),
      fullyRead: undefined,
      canLoadOlder: false,
      loadingOlder: false,
      canLoadNewer: false,
      loadingNewer: false,
    },
    me,
    { unreadFrom: undefined, direct: false },
  )
  if (row?.kind !== 'message') throw new Error('not a message')
  const drawings = { count: 0 }
  const drawn = (
    <Profiler id="message" onRender={() => drawings.count++}>
      <MessageRow row={row} rights={rights} pinned={false} tabbable flash={false} />
    </Profiler>
  )
  const tree = (around: Conversation) => (
    <Tooltip.Provider>
      <ServicesContext value={services}>
        <VerbsContext value={verbs}>
          <ConversationContext value={around}>{drawn}</ConversationContext>
        </VerbsContext>
      </ServicesContext>
    </Tooltip.Provider>
  )
  const { rerender } = render(tree(conversation))
  return {
    asked,
    drawings,
    /** As when somebody types, or the composer is used. */
    changeConversation: (change: Partial<Conversation>) => rerender(tree({ ...conversation, ...change })),
  }
}

test('a link is followed by the conversation, never by the page', () => {
  const { asked } = draw(
    event('Bo', NOON, { content: { msgtype: 'm.text', body: 'see https://example.org/a' } }),
  )
  fireEvent.click(screen.getByRole('link', { name: 'https://example.org/a' }))
  expect(asked).toEqual([['link', 'https://example.org/a']])
})

test.each([
  [{ msgtype: 7, body: { x: 1 } }],
  [{ msgtype: 'm.text', body: 'x', format: 'org.matrix.custom.html', formatted_body: 7 }],
  [{ msgtype: 'm.location', geo_uri: ['?'] }],
  [{ msgtype: 'm.image', url: 5, info: 'no', file: null }],
  [{}],
])('malformed content %j is drawn as something calm', (content) => {
  draw(event('Bo', NOON, { content }))
  expect(screen.getByRole('article', { name: 'Bo' })).toBeDefined()
})

test('keys act on the message that has the focus', () => {
  const own = event('Ann', NOON)
  const { asked } = draw(own)
  const article = screen.getByRole('article')
  article.focus()
  for (const key of ['r', 'e', 't', 'Delete']) fireEvent.keyDown(article, { key })
  expect(asked).toEqual([
    ['compose', { kind: 'reply', event: own }],
    ['compose', { kind: 'edit', event: own }],
    ['panel', { kind: 'thread', rootId: own.id }],
    ['ask', 'delete'],
  ])
})

test('others’ messages cannot be edited, and deleted only by who may', () => {
  const { asked } = draw(event('Bo', NOON))
  const article = screen.getByRole('article')
  for (const key of ['e', 'Delete']) fireEvent.keyDown(article, { key })
  expect(asked).toEqual([])
  cleanup()
  const { asked: asModerator } = draw(event('Bo', NOON), { ...ALL, redactOthers: true })
  fireEvent.keyDown(screen.getByRole('article'), { key: 'Delete' })
  expect(asModerator).toEqual([['ask', 'delete']])
})

test('a reaction tells who gave it, and a click joins in', () => {
  const message = event('Bo', NOON, {
    reactions: [
      { key: '🎉', people: [person('Bo'), me], mine: '$mine' },
      { key: '👀', people: [person('Bo')], mine: undefined },
    ],
  })
  const { asked } = draw(message)
  expect(screen.getByRole('button', { name: '🎉, 2: Bo and You' }).getAttribute('aria-pressed')).toBe('true')
  fireEvent.click(screen.getByRole('button', { name: '👀, 1: Bo' }))
  expect(asked).toEqual([['react', '!room:example.org', message, '👀']])
})

test('an answer quotes what it answers and leads there; what cannot be had is said', () => {
  const { asked } = draw(event('Ann', NOON, { replyTo: '$quoted' }))
  fireEvent.click(screen.getByRole('button', { name: 'In answer to Bo: What I said' }))
  expect(asked).toEqual([['jump', '$quoted']])
  cleanup()
  draw(event('Ann', NOON, { replyTo: '$gone' }))
  expect(screen.getByText('What this answers is not to be found here.')).toBeDefined()
})

test('a thread stands under its root and opens', () => {
  const root = event('Bo', NOON, {
    thread: {
      count: 3,
      latest: event('Ann', NOON, { content: { body: 'last words' } }),
      unread: 2,
      highlights: 0,
      participated: true,
    },
  })
  const { asked } = draw(root)
  fireEvent.click(screen.getByRole('button', { name: /3 replies.*Ann: last words.*2 new replies/u }))
  expect(asked).toEqual([['panel', { kind: 'thread', rootId: root.id }]])
})

test('an edited message leads to its earlier versions; a deleted one is a calm line', () => {
  const { asked } = draw(event('Bo', NOON, { edited: true }))
  fireEvent.click(screen.getByRole('button', { name: '(edited)' }))
  expect(asked).toEqual([['ask', 'versions']])
  cleanup()
  draw(event('Bo', NOON, { redacted: true, content: {} }))
  expect(screen.getByText('Message deleted')).toBeDefined()
})

const pending = (state: 'waiting' | 'sent' | 'failed', error?: string) => ({
  txnId: 'txn',
  roomId: '!room:example.org',
  type: 'm.room.message',
  content: { msgtype: 'm.text', body: 'later' },
  ts: NOON,
  threadId: undefined,
  state,
  eventId: undefined,
  error,
})

test('a message on its way says so, and a failed one why, with the two ways on', () => {
  draw(pending('waiting'))
  expect(screen.getByText('Waiting to be sent')).toBeDefined()
  cleanup()
  const { asked } = draw(pending('failed', 'You may not write here'))
  expect(screen.getByText('Not sent: You may not write here')).toBeDefined()
  fireEvent.click(screen.getByRole('button', { name: 'Retry' }))
  fireEvent.click(screen.getByRole('button', { name: 'Delete' }))
  expect(asked).toEqual([
    ['retry', 'txn'],
    ['discard', 'txn'],
  ])
})

test('somebody who types, and what is written here, draws no message again', () => {
  const { drawings, changeConversation } = draw(
    event('Bo', NOON, {
      reactions: [{ key: '🎉', people: [me], mine: '$mine' }],
      replyTo: '$quoted',
    }),
  )
  const before = drawings.count
  changeConversation({ room: detail('room', { typing: [person('Bo')] }) })
  changeConversation({ composing: { kind: 'reply', event: event('Bo', NOON) } })
  expect(drawings.count).toBe(before)
})

test.each([
  ['leads to the path of the message for the owner of the node', 'ready', '#/inspector/path/'],
  ['is only words for other accounts', 'unavailable', undefined],
])('its time %s', (_, status, leads) => {
  const message = event('Bo', NOON)
  draw(message, ALL, status)
  const link = screen.queryByRole('link', { name: /the path of this message/, hidden: true })
  expect(link?.getAttribute('href')?.startsWith(leads ?? '')).toBe(leads === undefined ? undefined : true)
  expect(link?.tabIndex).toBe(leads === undefined ? undefined : -1)
})
