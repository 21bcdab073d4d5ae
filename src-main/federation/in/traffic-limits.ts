import { ownString } from '../../core/json.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { Buckets, limited } from './buckets.ts'

/** Above what one server says in its busiest moments; after a long absence it gives all it has at this pace. */
const EVENTS_PER_SECOND = 2_000
const EVENTS_AT_ONCE = 10_000
/** One room must not take all of what its server may say. */
const ROOM_EVENTS_PER_SECOND = 1_500
const ROOM_EVENTS_AT_ONCE = 6_000
/** Typing, receipts, presence, keys: each may wake every client here. */
const EDUS_PER_SECOND = 300
const EDUS_AT_ONCE = 3_000

export interface TrafficLimits {
  /**
   * Takes what a transaction holds from the sender's allowance, or throws `MatrixError` 429 before any of it
   * is looked at: the sender keeps it, and nothing is lost.
   */
  take(origin: ServerName, pdus: readonly JsonObject[], edus: readonly JsonObject[]): void
}

/** How many events (of all rooms, and of each) and EDUs another server may send. */
export function createTrafficLimits(clock: Clock): TrafficLimits {
  const events = new Buckets(clock, EVENTS_PER_SECOND, EVENTS_AT_ONCE)
  const roomEvents = new Buckets(clock, ROOM_EVENTS_PER_SECOND, ROOM_EVENTS_AT_ONCE)
  const ephemeral = new Buckets(clock, EDUS_PER_SECOND, EDUS_AT_ONCE)
  return {
    take(origin, pdus, edus) {
      const rooms = new Map<string, number>()
      for (const pdu of pdus) {
        const key = `${origin} ${ownString(pdu, 'room_id')?.slice(0, 255) ?? ''}`
        rooms.set(key, (rooms.get(key) ?? 0) + 1)
      }
      const wait = Math.max(
        events.wait(origin, pdus.length),
        ephemeral.wait(origin, edus.length),
        ...[...rooms].map(([room, count]) => roomEvents.wait(room, count)),
      )
      if (wait > 0) throw limited(wait, 'More at once than this server takes; send it again a little later.')
      events.take(origin, pdus.length)
      ephemeral.take(origin, edus.length)
      for (const [room, count] of rooms) roomEvents.take(room, count)
    },
  }
}
