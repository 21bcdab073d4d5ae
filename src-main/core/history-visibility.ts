/** Who may see which event (client-server, "Room History Visibility", "Server behaviour"). */
import { ownString } from './json.ts'
import type { Pdu } from './types.ts'

export type HistoryVisibility = 'world_readable' | 'shared' | 'invited' | 'joined'

const known: readonly string[] = [
  'world_readable',
  'shared',
  'invited',
  'joined',
] satisfies HistoryVisibility[]

/** `shared` where nothing, or nothing that is understood, is set. */
export function historyVisibilityOf(event: Pdu | undefined): HistoryVisibility {
  const value = ownString(event?.content, 'history_visibility')
  return value !== undefined && known.includes(value) ? (value as HistoryVisibility) : 'shared'
}

/**
 * The five rules. `membership` is the user's at the event; `joinedLater`, whether the user joined at any
 * point after it was sent.
 */
export function isVisible(visibility: HistoryVisibility, membership: string, joinedLater: boolean): boolean {
  if (visibility === 'world_readable') return true // 1.
  if (membership === 'join') return true // 2.
  if (visibility === 'shared' && joinedLater) return true // 3.
  if (visibility === 'invited' && membership === 'invite') return true // 4.
  return false // 5.
}

/**
 * The rules for one event with their two exceptions: a change of the visibility, and the user's own
 * member events, are seen by whom the state before *or* after allows it.
 */
export function canSeeEvent(args: {
  readonly event: Pdu
  readonly userId: string
  readonly visibilityBefore: HistoryVisibility
  readonly membershipBefore: string
  readonly joinedLater: boolean
}): boolean {
  const { event, userId, visibilityBefore, membershipBefore, joinedLater } = args
  if (isVisible(visibilityBefore, membershipBefore, joinedLater)) return true
  if (event.type === 'm.room.history_visibility' && event.stateKey === '') {
    return isVisible(historyVisibilityOf(event), membershipBefore, joinedLater)
  }
  if (event.type === 'm.room.member' && event.stateKey === userId) {
    const membershipAfter = ownString(event.content, 'membership') ?? 'leave'
    return isVisible(visibilityBefore, membershipAfter, joinedLater)
  }
  return false
}
