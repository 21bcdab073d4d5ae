import { pruneStrippedEvent, STRIPPED_STATE_TYPES, strippedEvent } from '../core/stripped-state.ts'
import type { JsonObject, Pdu, RoomId, UserId } from '../core/types.ts'
import type { RoomsContext } from './context.ts'

/**
 * As whole events: the form that goes to other servers since Matrix 1.16. With the membership of the
 * `sender`, so that the invited person reads a name, not an id.
 */
export function strippedPdus(ctx: RoomsContext, roomId: RoomId, sender?: UserId): Pdu[] {
  const state = STRIPPED_STATE_TYPES.flatMap(
    (type) => ctx.store.currentStateEvent(roomId, type, '')?.pdu ?? [],
  )
  const member =
    sender === undefined ? undefined : ctx.store.currentStateEvent(roomId, 'm.room.member', sender)
  return member === undefined ? state : [...state, member.pdu]
}

/** As clients see it. */
export function strippedStateFor(ctx: RoomsContext, roomId: RoomId, sender: UserId): JsonObject[] {
  return strippedPdus(ctx, roomId, sender).map(strippedEvent)
}

const MAX_ENTRIES = 100
const MAX_BYTES = 256 * 1024

/** What another server gave us, whole events or stripped ones, cut down to what clients get. */
export function stripAll(entries: readonly JsonObject[]): JsonObject[] {
  const out: JsonObject[] = []
  let bytes = 0
  for (const entry of entries.slice(0, MAX_ENTRIES)) {
    const stripped = pruneStrippedEvent(entry)
    if (stripped === undefined) continue
    bytes += JSON.stringify(stripped).length
    if (bytes > MAX_BYTES) break
    out.push(stripped)
  }
  return out
}
