import type { LeftRoom } from '../client/left-rooms.ts'
import { formatAgo } from './time.ts'

/** "Removed by Mia, 5 minutes ago: “Calm down”". */
export function describeLeft(room: LeftRoom, now: number): string {
  const how = room.how === 'left' ? 'You left' : room.how === 'banned' ? 'Banned' : 'Removed'
  const by = room.by === undefined ? '' : ` by ${room.by.name}`
  const why = room.reason === undefined ? '' : `: “${room.reason}”`
  return `${how}${by}, ${formatAgo(room.ts, now)}${why}`
}

/** For the place where the conversation was. */
export function describeOut(room: LeftRoom): { title: string; words: string } {
  const name = room.name ?? 'this room'
  const by = room.by?.name ?? 'Somebody'
  const why = room.reason === undefined ? '' : ` The reason: “${room.reason}”`
  switch (room.how) {
    case 'banned':
      return {
        title: `You are banned from ${name}`,
        words: `${by} banned you. You cannot come back until somebody lifts the ban.${why}`,
      }
    case 'removed':
      return { title: `You are not in ${name} any more`, words: `${by} removed you.${why}` }
    case 'left':
      return { title: `You left ${name}`, words: 'It stands in the settings under “Rooms you left”.' }
  }
}
