import { expect, test } from 'vitest'
import type { RoomId, UserId } from '../core/types.ts'
import { createNotifier } from './notifier.ts'

const alice = '@alice:one.test' as UserId
const bob = '@bob:one.test' as UserId
const room = '!r:one.test' as RoomId
const never = new AbortController().signal

/** Whether a wait is over, after everything that is due has run. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  let over = false
  wait.then(
    () => (over = true),
    () => undefined,
  )
  await new Promise((resolve) => setImmediate(resolve))
  return over
}

test('a commit wakes those in the room and those named, and nobody else', async () => {
  const notifier = createNotifier({ joinedLocalUsers: () => [] })
  const inRoom = notifier.waitFor(alice, new Set([room]), never, 60_000)
  const elsewhere = notifier.waitFor(bob, new Set(), never, 60_000)
  notifier.committed({ pos: 1, rooms: [room], users: [] })
  expect([await isOver(inRoom), await isOver(elsewhere)]).toEqual([true, false])
  notifier.committed({ pos: 2, rooms: [], users: [bob] })
  expect(await isOver(elsewhere)).toBe(true)
})

test('who joined a room after starting to wait is woken by it', async () => {
  const notifier = createNotifier({ joinedLocalUsers: () => [bob] })
  const wait = notifier.waitFor(bob, new Set(), never, 60_000)
  notifier.committed({ pos: 1, rooms: [room], users: [] })
  expect(await isOver(wait)).toBe(true)
})

test('an abort and a stop end the wait', async () => {
  const notifier = createNotifier()
  const abort = new AbortController()
  const first = notifier.waitFor(alice, new Set(), abort.signal, 60_000)
  abort.abort()
  expect(await isOver(first)).toBe(true)
  const second = notifier.waitFor(alice, new Set(), never, 60_000)
  notifier.stop()
  expect(await isOver(second)).toBe(true)
  expect(await isOver(notifier.waitFor(alice, new Set(), never, 60_000))).toBe(true)
})
