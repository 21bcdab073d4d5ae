import { expect, test } from 'vitest'
import type { FoundRoom } from '../client/found-room.ts'
import { describeEntry, entryOf } from './entering.ts'
import { room } from './testing.ts'

const found = (change: Partial<FoundRoom> = {}): FoundRoom => ({
  id: '!found:example.org',
  name: 'Found',
  alias: undefined,
  topic: '',
  avatarMxc: undefined,
  memberCount: 3,
  joinRule: 'public',
  isSpace: false,
  encrypted: false,
  allowedRooms: [],
  via: [],
  ...change,
})
const village = room('village', { name: 'Village', isSpace: true })

test.each([
  ['public', [], 'join'],
  ['knock', [], 'ask'],
  ['invite', [], 'closed'],
  ['restricted', [village.id], 'join'],
  ['restricted', ['!elsewhere:example.org'], 'closed'],
  ['knock_restricted', [village.id], 'join'],
  ['knock_restricted', ['!elsewhere:example.org'], 'ask'],
  // The server does not tell whose members may join: it is tried.
  ['restricted', [], 'join'],
] as const)('a room that is %s, for members of %j: %s', (joinRule, allowedRooms, entry) => {
  expect(entryOf(found({ joinRule, allowedRooms }), [village])).toBe(entry)
})

test.each([
  ['join', 'open'],
  ['invite', 'accept'],
  ['knock', 'waiting'],
] as const)('what one is to the room already comes first: %s', (membership, entry) => {
  const mine = room('found', { membership })
  expect(entryOf(found({ joinRule: 'invite' }), [mine])).toBe(entry)
})

test('the space through which one may join is named', () => {
  const words = describeEntry(found({ joinRule: 'restricted', allowedRooms: [village.id] }), [village])
  expect(words).toBe('Open to members of Village')
})
