import { expect, test } from 'vitest'
import type { LeftRoom } from '../client/left-rooms.ts'
import { describeLeft, describeOut } from './left-rooms.ts'
import { person } from './testing.ts'

const left = (change: Partial<LeftRoom>): LeftRoom => ({
  id: '!a',
  name: 'Den',
  avatarMxc: undefined,
  how: 'left',
  by: undefined,
  reason: undefined,
  ts: 0,
  replacement: undefined,
  ...change,
})

test('why one is not in a room any more', () => {
  const removed = left({ how: 'removed', by: person('Ann'), reason: 'Calm down' })
  expect(describeLeft(removed, 5 * 60_000)).toBe('Removed by Ann, 5 minutes ago: “Calm down”')
  expect(describeOut(removed)).toEqual({
    title: 'You are not in Den any more',
    words: 'Ann removed you. The reason: “Calm down”',
  })
  expect(describeOut(left({ how: 'banned', name: undefined })).title).toBe('You are banned from this room')
  expect(describeOut(left({})).title).toBe('You left Den')
})
