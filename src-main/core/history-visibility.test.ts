import { expect, test } from 'vitest'
import { TestRoom } from './auth/test-room.ts'
import { canSeeEvent, historyVisibilityOf, isVisible } from './history-visibility.ts'

test.each([
  ['world_readable', 'leave', false, true],
  ['world_readable', 'ban', false, true],
  ['shared', 'join', false, true],
  ['shared', 'leave', true, true],
  ['shared', 'leave', false, false],
  ['shared', 'invite', false, false],
  ['invited', 'invite', false, true],
  ['invited', 'leave', true, false],
  ['invited', 'join', false, true],
  ['joined', 'invite', true, false],
  ['joined', 'leave', true, false],
  ['joined', 'join', false, true],
] as const)('%s, membership %s, joined later %s: %s', (visibility, membership, joinedLater, visible) => {
  expect(isVisible(visibility, membership, joinedLater)).toBe(visible)
})

const room = new TestRoom('11')
const visibility = (value: unknown) =>
  room.event({
    type: 'm.room.history_visibility',
    stateKey: '',
    sender: '@a:hs1',
    content: { history_visibility: value as string },
  })

test('what is not set or not understood is shared', () => {
  expect(historyVisibilityOf(undefined)).toBe('shared')
  expect(historyVisibilityOf(visibility('everyone'))).toBe('shared')
  expect(historyVisibilityOf(visibility(7))).toBe('shared')
  expect(historyVisibilityOf(visibility('joined'))).toBe('joined')
})

test('a change of visibility is seen by whom either side allows it', () => {
  const args = { userId: '@b:hs1', membershipBefore: 'leave', joinedLater: false }
  const opened = { ...args, event: visibility('world_readable'), visibilityBefore: 'joined' as const }
  const closed = { ...args, event: visibility('joined'), visibilityBefore: 'world_readable' as const }
  expect(canSeeEvent(opened)).toBe(true)
  expect(canSeeEvent(closed)).toBe(true)
  expect(canSeeEvent({ ...closed, visibilityBefore: 'invited' })).toBe(false)
})

test('one’s own join and leave are seen, those of others are not', () => {
  const member = (user: string, membership: string) =>
    room.event({ type: 'm.room.member', stateKey: user, sender: user, content: { membership } })
  const args = { userId: '@b:hs1', visibilityBefore: 'joined' as const, joinedLater: false }
  expect(canSeeEvent({ ...args, event: member('@b:hs1', 'join'), membershipBefore: 'leave' })).toBe(true)
  expect(canSeeEvent({ ...args, event: member('@b:hs1', 'leave'), membershipBefore: 'join' })).toBe(true)
  expect(canSeeEvent({ ...args, event: member('@c:hs1', 'join'), membershipBefore: 'leave' })).toBe(false)
})
