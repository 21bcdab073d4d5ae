import type { FoundRoom } from '../client/found-room.ts'
import type { RoomSummary } from '../client/types.ts'
import { listNames, plural } from './text.ts'

/** What one can do with a room that was found. */
export type Entry = 'open' | 'accept' | 'waiting' | 'join' | 'ask' | 'closed'

/** The rule of the room against the rooms that one is in. Servers have the last word. */
export function entryOf(room: FoundRoom, mine: readonly RoomSummary[]): Entry {
  const known = mine.find((each) => each.id === room.id)
  if (known?.membership === 'join') return 'open'
  if (known?.membership === 'invite') return 'accept'
  if (known?.membership === 'knock') return 'waiting'
  if (room.joinRule === 'public') return 'join'
  if (room.joinRule === 'knock') return 'ask'
  if (room.joinRule === 'invite') return 'closed'
  // Not every server tells whose members may join; then it is tried.
  const allowed = room.allowedRooms.length === 0 || memberOfAllowed(room, mine).length > 0
  if (allowed && (room.joinRule === 'restricted' || room.allowedRooms.length > 0)) return 'join'
  return room.joinRule === 'knock_restricted' ? 'ask' : 'closed'
}

function memberOfAllowed(room: FoundRoom, mine: readonly RoomSummary[]): readonly RoomSummary[] {
  return mine.filter((each) => each.membership === 'join' && room.allowedRooms.includes(each.id))
}

/** Who may come in, as a sentence. */
export function describeEntry(room: FoundRoom, mine: readonly RoomSummary[]): string {
  const through = memberOfAllowed(room, mine).map((each) => each.name)
  const members = through.length > 0 ? `Open to members of ${listNames(through)}` : undefined
  switch (room.joinRule) {
    case 'public':
      return 'Anyone may join'
    case 'knock':
      return 'You may ask to join'
    case 'restricted':
      return members ?? 'Open to members of certain rooms or spaces'
    case 'knock_restricted':
      return members ?? 'Open to members of certain rooms or spaces; others may ask to join'
    case 'invite':
      return 'For invited people only'
  }
}

/** "12 members · Encrypted" */
export function describeFound(room: FoundRoom): string {
  const parts = [
    room.isSpace ? 'Space' : undefined,
    plural(room.memberCount, 'member'),
    room.encrypted ? 'Encrypted' : undefined,
  ]
  return parts.filter((part) => part !== undefined).join(' · ')
}

export const ENTRY_WORDS: Readonly<Record<Entry, string>> = {
  open: 'Open',
  accept: 'Accept invitation',
  waiting: 'Waiting for an answer',
  join: 'Join',
  ask: 'Ask to join',
  closed: 'By invitation only',
}
