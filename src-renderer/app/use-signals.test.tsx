// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type {
  BridgeNotification,
  HearthBridge,
  NotificationClick,
  NotificationReply,
} from '../../src-preload/contract.ts'
import type { Arrival, HearthClient } from '../client/hearth-client.ts'
import { noticeOf } from '../model/notice.ts'
import { savePreference } from '../model/preferences.ts'
import { detail, event, room } from '../model/testing.ts'
import { ServicesContext, type AppServices } from '../model/use-client.ts'
import { useSignals } from './use-signals.ts'

const readable = <T,>(value: T) => ({ get: () => value, subscribe: () => () => undefined })

function surroundings() {
  const told: BridgeNotification[] = []
  const done: unknown[] = []
  let arrive: (arrival: Arrival) => void = () => undefined
  let click: (click: NotificationClick) => void = () => undefined
  let reply: (reply: NotificationReply) => void = () => undefined
  const rooms = readable([room('Den', { unread: 3 })])
  const client: Partial<HearthClient> = {
    rooms,
    room: () => readable(detail('Den')),
    onArrival: (listener) => {
      arrive = listener
      return () => undefined
    },
    sendMessage: (...args) => void done.push(args),
    markRead: () => Promise.resolve(),
  }
  const bridge: Partial<HearthBridge> = {
    notify: (notification) => void told.push(notification),
    dismiss: (roomId) => void done.push(['dismiss', roomId]),
    setBadge: (count) => void done.push(['badge', count]),
    onNotificationClick: (listener) => {
      click = listener
      return () => undefined
    },
    onNotificationReply: (listener) => {
      reply = listener
      return () => undefined
    },
  }
  const services = { client, bridge } as AppServices
  const wrapper = ({ children }: { children: ReactNode }) => (
    <ServicesContext value={services}>{children}</ServicesContext>
  )
  return {
    told,
    done,
    open: (roomId: string | undefined) => renderHook(() => useSignals(roomId), { wrapper }),
    arrive: (change: Partial<Arrival> = {}) =>
      act(() =>
        arrive({
          roomId: '!Den:example.org',
          roomName: 'Den',
          threadId: undefined,
          event: event('Bo', 0),
          sound: true,
          ...change,
        }),
      ),
    click: (at: NotificationClick) => act(() => click(at)),
    reply: (at: NotificationReply) => act(() => reply(at)),
  }
}

beforeEach(() => localStorage.clear())
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

test('a message is told once, even when a new connection brings it again, with its sound', () => {
  const it = surroundings()
  it.open(undefined)
  const hello = event('Bo', 0, { content: { msgtype: 'm.text', body: 'Hello' } })
  it.arrive({ event: hello })
  it.arrive({ event: hello })
  it.arrive({ sound: false })
  expect(it.told).toHaveLength(2)
  expect(it.told[0]).toMatchObject({
    title: 'Bo in Den',
    body: 'Hello',
    eventId: hello.id,
    silent: false,
    canReply: true,
  })
  expect(it.told[1]?.silent).toBe(true)
  expect(it.done).toContainEqual(['badge', 3])
})

test('nothing is told of the room that somebody looks at, and what was told of it is taken back', () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true)
  const it = surroundings()
  it.open('!Den:example.org')
  it.arrive()
  expect(it.told).toHaveLength(0)
  expect(it.done).toContainEqual(['dismiss', '!Den:example.org'])
  it.arrive({ roomId: '!Other:example.org' })
  expect(it.told).toHaveLength(1)
})

test('who turned notifications off is told nothing, who turned the sound off hears nothing', () => {
  const it = surroundings()
  it.open(undefined)
  savePreference('sound', false)
  it.arrive()
  savePreference('notify', false)
  it.arrive()
  expect(it.told.map((each) => each.silent)).toEqual([true])
})

test('a click opens the room at the message, and an answer goes into its thread', () => {
  const it = surroundings()
  it.open(undefined)
  const inThread = event('Bo', 0)
  it.arrive({ event: inThread, threadId: '$root' })
  expect(it.told[0]?.title).toBe('Bo in a thread of Den')
  it.reply({ roomId: '!Den:example.org', eventId: inThread.id, text: ' *Yes* ' })
  expect(it.done).toContainEqual([
    '!Den:example.org',
    { msgtype: 'm.text', body: '*Yes*', mentions: { userIds: [], room: false } },
    { threadId: '$root' },
  ])
  it.click({ roomId: '!Den:example.org', eventId: '$e' })
  expect(window.location.hash).toBe('#/room/!Den%3Aexample.org/%24e')
})

test('what an author hides is not shown on a locked screen, and long words are cut', () => {
  const hidden = event('Bo', 0, {
    content: { msgtype: 'm.text', body: 'the end', formatted_body: '<span data-mx-spoiler>the end</span>' },
  })
  expect(noticeOf({ roomName: 'Bo', threadId: undefined, event: hidden })).toEqual({
    title: 'Bo',
    body: 'Hidden text',
  })
  const long = event('Bo', 0, { content: { msgtype: 'm.text', body: '🎉'.repeat(400) } })
  expect(
    Array.from(noticeOf({ roomName: 'x'.repeat(900), threadId: undefined, event: long }).body),
  ).toHaveLength(300)
})
