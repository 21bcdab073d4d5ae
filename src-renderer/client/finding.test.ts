import { expect, test } from 'vitest'
import { spaceEntries } from './finding.ts'
import { foundRooms } from './found-room.ts'

const child = (id: string, content: object = { via: ['example.org'] }) => ({
  type: 'm.space.child',
  state_key: id,
  content,
})

test('a space is read with the depth of each room, where it is, and what is suggested', () => {
  const entries = spaceEntries('!space', [
    { room_id: '!space', room_type: 'm.space', children_state: [child('!inner'), child('!hall')] },
    {
      room_id: '!inner',
      room_type: 'm.space',
      name: 'Inner',
      children_state: [child('!deep', { via: ['other.example'], suggested: true })],
    },
    { room_id: '!deep', name: 'Deep', children_state: [] },
    { room_id: '!hall', name: 'Hall', children_state: [] },
  ])
  expect(entries.map(({ room, depth, suggested }) => [room.id, depth, suggested, ...room.via])).toEqual([
    ['!inner', 0, false, 'example.org'],
    ['!deep', 1, true, 'other.example'],
    ['!hall', 0, false, 'example.org'],
  ])
})

test('spaces that hold each other, and children without a way to them, do no harm', () => {
  const entries = spaceEntries('!a', [
    { room_id: '!a', children_state: [child('!b'), child('!gone', {})] },
    { room_id: '!b', children_state: [child('!a')] },
    { room_id: 7, children_state: 'no' },
    'nonsense',
  ])
  expect(entries.map(({ room, depth }) => [room.id, depth])).toEqual([['!b', 0]])
})

test('a broken row of a directory hides no other; what is said of a room is cut and cleaned', () => {
  const rooms = foundRooms(
    [
      { room_id: 'no sigil', num_joined_members: 1 },
      {
        room_id: '!one:example.org',
        name: '\u202Eroom\u0000',
        topic: 't'.repeat(5_000),
        avatar_url: 'https://example.org/tracker.png',
        num_joined_members: -4,
        join_rule: 'made_up',
      },
    ],
    ['example.org'],
  )
  expect(rooms).toHaveLength(1)
  expect(rooms[0]).toMatchObject({ name: 'room', avatarMxc: undefined, memberCount: 0, joinRule: 'invite' })
  expect(rooms[0]?.topic).toHaveLength(1_000)
})
