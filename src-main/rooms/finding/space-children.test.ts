import { expect, test } from 'vitest'
import { readChildren } from './space-children.ts'

const child = (room: string, ts: number, content: object) => ({
  type: 'm.space.child',
  state_key: `!${room}:example.org`,
  sender: '@alice:example.org',
  content: { via: ['example.org'], ...content },
  origin_server_ts: ts,
})

test('the children of a space are in the order of the specification’s example', () => {
  const children = readChildren([
    child('d', 1640741000000, {}),
    child('e', 1640641000000, {}),
    child('c', 1640841000000, { order: 'first' }),
    child('a', 1640141000000, { order: 'aaaa' }),
    child('b', 1640341000000, { order: ' ' }),
  ])
  expect(children.map(({ roomId }) => roomId[1]).join('')).toBe('baced')
})

test('invalid children are left out, and an invalid order counts as none', () => {
  const children = readChildren([
    child('taken-out', 1, { via: undefined as never }),
    child('long', 1, { order: 'x'.repeat(51) }),
    child('umlaut', 2, { order: 'ä' }),
    child('last', 3, { order: '~' }),
    { ...child('x', 1, {}), state_key: 'no room' },
    { ...child('y', 1, {}), type: 'm.room.name' },
    'rubbish',
    null,
  ] as never)
  expect(children.map(({ roomId }) => roomId)).toEqual([
    '!last:example.org',
    '!long:example.org',
    '!umlaut:example.org',
  ])
  expect(children[1]?.json['content']).toEqual({ via: ['example.org'] })
})
