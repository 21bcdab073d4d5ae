import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import { expect, test } from 'vitest'
import { event } from '../model/testing.ts'
import { createArrivals } from './arrivals.ts'
import { createRoomEvents } from './room-events.ts'

const me = '@me:example.org'

/** Which requests are told, and how, where `mayInvite` and the room's level are so. */
function toldOf(
  level: 'silently' | 'with a sound' | undefined,
  { mayInvite = true, before = 'leave', membership = 'knock' } = {},
): boolean[] {
  const sdk: unknown = {
    getSafeUserId: () => me,
    getRoom: () => ({ canInvite: () => mayInvite }),
    // The rule of memberships, which is before all that speak of messages.
    getPushActionsForEvent: () => ({ notify: false, tweaks: {} }),
  }
  const arrivals = createArrivals(
    sdk as MatrixClient,
    () => level,
    (roomId) => ({ roomId, roomName: 'Den', threadId: undefined, event: event('Ann', 0) }),
  )
  const told: boolean[] = []
  arrivals.onArrival(({ sound }) => told.push(sound))
  const knock = createRoomEvents(() => undefined).take({
    event_id: '$knock',
    sender: '@ann:example.org',
    state_key: '@ann:example.org',
    type: 'm.room.member',
    origin_server_ts: 0,
    content: { membership },
    unsigned: { prev_content: { membership: before } },
  })
  arrivals.announce('!den:example.org', knock, {} as MatrixEvent)
  return told
}

test('who asks to come in is told of as every message of the room is, to those who can answer', () => {
  expect(toldOf('silently')).toEqual([false])
  expect(toldOf('with a sound')).toEqual([true])
  // A room that tells of mentions only, or of nothing.
  expect(toldOf(undefined)).toEqual([])
  expect(toldOf('with a sound', { mayInvite: false })).toEqual([])
})

test('who asks again while they wait, and other memberships, are told of by no notification', () => {
  expect(toldOf('with a sound', { before: 'knock' })).toEqual([])
  expect(toldOf('with a sound', { membership: 'join' })).toEqual([])
})
