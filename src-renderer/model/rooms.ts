import type { RoomSummary } from '../client/types.ts'

export interface RoomLists {
  readonly invites: readonly RoomSummary[]
  readonly direct: readonly RoomSummary[]
  readonly rooms: readonly RoomSummary[]
}

/** Invitations, conversations of two, and rooms, each with the most recent activity first. */
export function arrangeRooms(all: readonly RoomSummary[]): RoomLists {
  const sorted = all.toSorted((a, b) => b.lastActivityTs - a.lastActivityTs || a.name.localeCompare(b.name))
  return {
    invites: sorted.filter((room) => room.membership === 'invite'),
    direct: sorted.filter((room) => room.membership === 'join' && room.directWith !== undefined),
    rooms: sorted.filter((room) => room.membership === 'join' && room.directWith === undefined),
  }
}

export function totalUnread(all: readonly RoomSummary[]): number {
  return all.reduce((sum, room) => sum + (room.membership === 'invite' ? 1 : room.unread), 0)
}

/** Rooms whose name holds all words of the query, the ones that begin with it first. */
export function searchRooms(all: readonly RoomSummary[], query: string): RoomSummary[] {
  return rank(all, query, (room) => room.name)
}

export function rank<T>(all: readonly T[], query: string, nameOf: (each: T) => string): T[] {
  const words = query.toLocaleLowerCase().split(/\s+/u).filter(Boolean)
  const first = words[0] ?? ''
  return all
    .filter((each) => words.every((word) => nameOf(each).toLocaleLowerCase().includes(word)))
    .toSorted((a, b) => Number(!startsWith(nameOf(a), first)) - Number(!startsWith(nameOf(b), first)))
}

function startsWith(name: string, word: string): boolean {
  return name
    .toLocaleLowerCase()
    .split(/[\s(]+/u)
    .some((part) => part.startsWith(word))
}
