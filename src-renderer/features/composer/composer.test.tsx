// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { Tooltip } from 'radix-ui'
import { useEffect, useState } from 'react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HearthClient } from '../../client/hearth-client.ts'
import { ConversationContext, type Composing, type Conversation } from '../../model/conversation.ts'
import { createDrafts } from '../../model/drafts.ts'
import { loadEmoji } from '../../model/emoji.ts'
import { detail, event, person, snapshot } from '../../model/testing.ts'
import type { RoomDetail, RoomEvent } from '../../model/types.ts'
import { ServicesContext, type AppServices } from '../../model/use-client.ts'
import { Composer } from './composer.tsx'

const readable = <T,>(value: T) => ({ get: () => value, subscribe: () => () => undefined })
const me = person('Me').userId
const mine = (change: Partial<RoomEvent> = {}) => event('Me', 1, change)

/** A composer in a room, with a client that writes down what it is asked for. */
function open(
  change: { room?: Partial<RoomDetail>; events?: RoomEvent[]; threadId?: string; user?: string } = {},
) {
  const done: unknown[][] = []
  const toasts: string[] = []
  const note =
    (name: string) =>
    (...args: unknown[]): Promise<void> => {
      done.push([name, ...args])
      return Promise.resolve()
    }
  const room = detail('Den', {
    members: ['Me', 'Mia', 'Zoë'].map((name) => ({ ...person(name), membership: 'join', powerLevel: 0 })),
    memberCount: 3,
    ...change.room,
  })
  const client = {
    uploadLimit: () => Promise.resolve(undefined),
    userId: change.user ?? me,
    timeline: () => readable(snapshot(change.events ?? [])),
    thread: () => readable(snapshot(change.events ?? [])),
    loadEvent: () => Promise.resolve(undefined),
    setTyping: () => Promise.resolve(),
    sendMessage: (...args: unknown[]) => void done.push(['send', ...args]),
    editMessage: (...args: unknown[]) => void done.push(['edit', ...args]),
    sendEvent: (...args: unknown[]) => void done.push(['event', ...args]),
    sendFiles: (...args: unknown[]) => void done.push(['files', ...args]),
    setRoomTopic: note('topic'),
    kick: () => Promise.reject(new Error('They are stronger than you.')),
  } as Partial<HearthClient>
  const services = {
    client,
    attempt: async (action: () => Promise<unknown>, failure: string) => {
      try {
        await action()
        return true
      } catch {
        toasts.push(failure)
        return false
      }
    },
  } as AppServices

  function Place() {
    const [composing, setComposing] = useState<Composing>()
    const [staged, setStaged] = useState<readonly File[]>([])
    useEffect(() => {
      reply = (about) => act(() => setComposing({ kind: 'reply', event: about }))
      stage = (files) => act(() => setStaged(files))
    }, [])
    const conversation = {
      room,
      threadId: change.threadId,
      composing,
      setComposing,
      staged,
      setStaged,
      jumpTo: () => undefined,
    } as Partial<Conversation>
    return (
      <ConversationContext value={conversation as Conversation}>
        <Composer room={room} />
      </ConversationContext>
    )
  }
  let reply: (about: RoomEvent) => void = () => undefined
  let stage: (files: File[]) => void = () => undefined
  const view = render(
    <ServicesContext value={services}>
      <Tooltip.Provider>
        <Place />
      </Tooltip.Provider>
    </ServicesContext>,
  )
  return {
    done,
    toasts,
    room,
    reply: (about: RoomEvent) => reply(about),
    stage: (files: File[]) => stage(files),
    close: () => view.unmount(),
  }
}

const box = () => screen.getByRole<HTMLTextAreaElement>('textbox')
const type = (text: string) => fireEvent.input(box(), { target: { value: text } })
const press = (key: string, more: object = {}) => fireEvent.keyDown(box(), { key, ...more })
const sent = (done: unknown[][]) => done.filter(([name]) => name === 'send').map(([, , message]) => message)

beforeEach(() => {
  localStorage.clear()
  window.dispatchEvent(new StorageEvent('storage', { key: null }))
})
afterEach(cleanup)

test('Enter sends what is written with its formats, Shift+Enter and input methods do not, and the field is empty', () => {
  const { done } = open()
  type('*Hello*')
  press('Enter', { shiftKey: true })
  press('Enter', { isComposing: true })
  press('Enter', { keyCode: 229 })
  expect(done).toEqual([])
  press('Enter')
  expect(sent(done)).toEqual([
    {
      msgtype: 'm.text',
      body: '*Hello*',
      formattedBody: '<em>Hello</em>',
      mentions: { userIds: [], room: false },
    },
  ])
  expect(box().value).toBe('')
  press('Enter')
  expect(done).toHaveLength(1)
})

test('in an open code fence Enter makes a line', () => {
  const { done } = open()
  type('```\nlet a')
  expect(press('Enter')).toBe(true)
  expect(done).toEqual([])
  type('```\nlet a\n```')
  press('Enter')
  expect(done).toHaveLength(1)
})

test('a name is found without accents, chosen by keyboard, sent as a mention, and none when it is taken out', () => {
  const { done } = open()
  type('Hi @zoe')
  const list = screen.getByRole('listbox')
  expect(
    within(list)
      .getAllByRole('option')
      .map((each) => each.textContent),
  ).toEqual(['ZZoë'])
  expect(box().getAttribute('aria-activedescendant')).toBe(within(list).getByRole('option').id)
  press('Enter')
  expect(box().value).toBe('Hi @Zoë ')
  expect(screen.queryByRole('listbox')).toBeNull()
  press('Enter')
  expect(sent(done)[0]).toMatchObject({
    formattedBody: 'Hi <a href="https://matrix.to/#/@zo%C3%AB:example.org">Zoë</a>',
    mentions: { userIds: [person('Zoë').userId] },
  })
  type('@mia')
  press('Tab')
  type('nobody')
  press('Enter')
  expect(sent(done)[1]).toMatchObject({ mentions: { userIds: [] } })
})

test('a reply says to whom, goes with the message, and Escape gives it up', () => {
  const { done, reply } = open()
  const asked = event('Mia', 0, { content: { msgtype: 'm.text', body: 'Who comes?' } })
  reply(asked)
  expect(screen.getByText('Reply to Mia')).toBeDefined()
  type('Me')
  press('Enter')
  expect(done[0]?.[3]).toEqual({ threadId: undefined, replyTo: asked })
  expect(screen.queryByText('Reply to Mia')).toBeNull()
  reply(asked)
  press('Escape')
  expect(screen.queryByText('Reply to Mia')).toBeNull()
})

test('Up edits the last own message; the draft is there again afterwards', () => {
  const old = mine({ content: { msgtype: 'm.text', body: 'Helo' } })
  const { done } = open({ events: [old, event('Mia', 2)] })
  press('ArrowUp')
  expect(box().value).toBe('Helo')
  press('Enter')
  expect(done).toEqual([])
  press('ArrowUp')
  type('Hello')
  press('Enter')
  expect(done).toMatchObject([['edit', '!Den:example.org', { id: old.id }, { body: 'Hello' }]])
  expect(box().value).toBe('')
  type('a draft')
  press('ArrowUp')
  expect(box().value).toBe('a draft')
})

test('a draft, its reply and an edit survive a restart, each in its place', async () => {
  const asked = event('Mia', 0)
  const first = open({ events: [asked] })
  first.reply(asked)
  type('half a sent')
  first.close()
  const second = open({ events: [asked] })
  await waitFor(() => expect(screen.getByText('Reply to Mia')).toBeDefined())
  expect(box().value).toBe('half a sent')
  second.close()
  open({ threadId: '$root' })
  expect(box().value).toBe('')
  window.dispatchEvent(new Event('pagehide'))
  const kept = createDrafts(localStorage, me, () => undefined)
  expect(kept.get({ roomId: '!Den:example.org', threadId: undefined, kind: 'new' })).toMatchObject({
    text: 'half a sent',
    eventId: asked.id,
  })
})

test('in a thread the message goes there', () => {
  const { done } = open({ threadId: '$root' })
  type('x')
  press('Enter')
  expect(done[0]?.[3]).toEqual({ threadId: '$root', replyTo: undefined })
})

test('an unknown command says so and keeps the text, a known one is carried out, a failed one brings the text back', async () => {
  const { done, toasts } = open({ room: { can: { ...detail('x').can, kick: true } } })
  type('/nonsense x')
  press('Enter')
  expect(screen.getByRole('alert').textContent).toContain('/nonsense')
  expect(box().value).toBe('/nonsense x')
  type('/topic Saturday')
  expect(screen.queryByRole('alert')).toBeNull()
  press('Enter')
  await waitFor(() => expect(done).toEqual([['topic', '!Den:example.org', 'Saturday']]))
  type('/kick @mia:example.org')
  press('Escape')
  press('Enter')
  expect(box().value).toBe('')
  await waitFor(() => expect(box().value).toBe('/kick @mia:example.org'))
  expect(toasts).toEqual(['They could not be removed'])
})

test('files that are staged go with the text as the words of the first', () => {
  const { done, stage } = open()
  const files = [new File(['a'], 'a.txt'), new File(['b'], 'b.txt')]
  stage(files)
  type('Look')
  press('Enter')
  expect(done).toMatchObject([
    [
      'files',
      '!Den:example.org',
      [
        { file: files[0], caption: 'Look' },
        { file: files[1], caption: '' },
      ],
      {},
    ],
  ])
  expect(box().value).toBe('')
})

test('formatted text is pasted as markdown, files are staged', async () => {
  open()
  const data = (html: string, text: string, files: File[] = []) => ({
    clipboardData: { getData: (kind: string) => (kind === 'text/html' ? html : text), files },
  })
  fireEvent.paste(box(), data('<p>a <b>bold</b> word</p>', 'a bold word'))
  expect(box().value).toBe('a **bold** word')
  fireEvent.paste(box(), data('', '', [new File(['x'], 'x.png')]))
  await screen.findByPlaceholderText('Add a caption')
})

test('a shortcode that was typed is sent as its emoji, but not in code', async () => {
  await loadEmoji()
  const { done } = open()
  type('well :tada: `:tada:` 10:30:45')
  press('Enter')
  expect(sent(done)[0]).toMatchObject({ body: 'well 🎉 `:tada:` 10:30:45' })
})

test('a poll is asked', () => {
  const { done } = open()
  fireEvent.click(screen.getByRole('button', { name: 'Create a poll' }))
  const dialog = within(screen.getByRole('dialog'))
  fireEvent.click(dialog.getByRole('button', { name: 'Create poll' }))
  expect(dialog.getByRole('alert').textContent).toBe('Write a question.')
  fireEvent.input(dialog.getByLabelText('Question'), { target: { value: 'Tea?' } })
  fireEvent.input(dialog.getByLabelText('Answer 1'), { target: { value: 'Yes' } })
  fireEvent.input(dialog.getByLabelText('Answer 2'), { target: { value: 'No' } })
  fireEvent.click(dialog.getByRole('button', { name: 'Create poll' }))
  expect(done).toMatchObject([
    ['event', '!Den:example.org', 'org.matrix.msc3381.poll.start', { body: 'Tea?\n1. Yes\n2. No' }, {}],
  ])
})

test('who may not write is told why', () => {
  open({ room: { can: { ...detail('x').can, send: false } } })
  expect(screen.getByText('You may read here, but not write.')).toBeDefined()
  expect(screen.queryByRole('textbox')).toBeNull()
})
