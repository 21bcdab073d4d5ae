import type { RoomSummary } from '../client/types.ts'

export interface SpaceGroup {
  readonly space: RoomSummary
  /** Those of its rooms and spaces that one is in, in its order. */
  readonly rooms: readonly RoomSummary[]
}

export interface RoomLists {
  readonly invites: readonly RoomSummary[]
  /** Rooms that one has asked to come into. */
  readonly knocks: readonly RoomSummary[]
  readonly direct: readonly RoomSummary[]
  readonly spaces: readonly SpaceGroup[]
  /** Rooms that are in none of the spaces. */
  readonly rooms: readonly RoomSummary[]
}

/**
 * Invitations, what is asked for, conversations of two, spaces by name, and rooms; those with the most recent
 * activity first, but for the rooms of a space, which has an order of its own. A room may be in several spaces.
 */
export function arrangeRooms(all: readonly RoomSummary[]): RoomLists {
  const sorted = all.toSorted((a, b) => b.lastActivityTs - a.lastActivityTs || a.name.localeCompare(b.name))
  const mine = new Set(all.flatMap((room) => (room.membership === 'join' ? [room.id] : [])))
  // Who has followed an upgrade has no use for the old room, once everything in it is read.
  const isOver = (room: RoomSummary): boolean =>
    room.replacedBy !== undefined && mine.has(room.replacedBy) && room.unread === 0
  const joined = sorted.filter((room) => room.membership === 'join' && !isOver(room))
  const byId = new Map(joined.map((room) => [room.id, room]))
  const spaces = joined
    .filter((room) => room.isSpace)
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((space) => ({
      space,
      rooms: space.children.flatMap((id) => {
        const child = byId.get(id)
        return child === undefined || child.isSpace || child.directWith !== undefined ? [] : [child]
      }),
    }))
  const grouped = new Set(spaces.flatMap((group) => group.rooms.map((room) => room.id)))
  return {
    invites: sorted.filter((room) => room.membership === 'invite'),
    knocks: sorted.filter((room) => room.membership === 'knock'),
    direct: joined.filter((room) => room.directWith !== undefined && !room.isSpace),
    spaces,
    rooms: joined.filter((room) => room.directWith === undefined && !room.isSpace && !grouped.has(room.id)),
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
