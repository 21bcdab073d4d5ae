import type { JsonObject } from '../../core/types.ts'
import type { LocalMembership } from '../../rooms/ports.ts'
import { createFormatter, strippedOf } from '../client-event.ts'
import type { Ctx } from '../context.ts'
import { formatTimelineToken } from '../tokens.ts'
import { eventsPart } from './joined-room.ts'
import type { SyncRequest } from './request.ts'
import { groupAt } from './state.ts'

/** What an invited user may know of a room (Client-Server API, "Stripped state"). */
export const strippedTypes = [
  'm.room.create',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.name',
  'm.room.topic',
  'm.room.avatar',
  'm.room.encryption',
] as const

/** `rooms.invite[roomId]` or `rooms.knock[roomId]`. */
export function strippedRoom(ctx: Ctx, row: LocalMembership): JsonObject {
  const { reader } = ctx
  const events: JsonObject[] = [...row.strippedState]
  if (events.length === 0 && reader.getRoom(row.roomId) !== undefined) {
    for (const type of strippedTypes) {
      const event = reader.currentStateEvent(row.roomId, type, '')
      if (event !== undefined) events.push(strippedOf(event))
    }
    const inviter = reader.currentStateEvent(row.roomId, 'm.room.member', row.sender)
    if (inviter !== undefined && row.sender !== row.userId) events.push(strippedOf(inviter))
  }
  const hasOwn = events.some((e) => e['type'] === 'm.room.member' && e['state_key'] === row.userId)
  if (!hasOwn) {
    const own = reader.getEvent(row.eventId)
    events.push(
      own === undefined
        ? {
            type: 'm.room.member',
            state_key: row.userId,
            sender: row.sender,
            content: { membership: row.membership },
          }
        : { ...strippedOf(own), event_id: own.pdu.eventId, origin_server_ts: own.pdu.originServerTs },
    )
  }
  return { [`${row.membership}_state`]: { events } }
}

/** `rooms.leave[roomId]`: what happened up to the leave, and the leave itself. */
export function* leftRoom(
  ctx: Ctx,
  request: SyncRequest,
  row: LocalMembership,
  ignored: ReadonlySet<string>,
): Generator<void, JsonObject> {
  const { reader } = ctx
  const leave = reader.getEvent(row.eventId)
  if (leave?.stateAfter === undefined || leave.stateAfter === 0 || leave.timelinePos === undefined) {
    // An invite was declined, or withdrawn, in a room that this server is not in.
    const formatter = createFormatter(reader, request.session, ctx.clock.now())
    const events = leave === undefined ? [] : [formatter.format(leave)]
    return {
      timeline: { events, limited: false, prev_batch: formatTimelineToken(0) },
      // State at the end of the timeline is told there, and the timeline then changes none.
      [request.stateKey]: { events: request.stateKey === 'state' ? [] : events },
      account_data: { events: [] },
    }
  }
  const since = request.since?.stream
  const baseGroup = since === undefined || request.fullState ? undefined : groupAt(ctx, row.roomId, since)
  const { json } = yield* eventsPart(ctx, request, {
    roomId: row.roomId,
    since: baseGroup === undefined ? undefined : since,
    to: Math.min(row.streamPos, leave.streamPos ?? row.streamPos),
    baseGroup,
    endGroup: leave.stateAfter,
    checkVisibility: true,
    ignored,
    withSummary: false,
  })
  return { ...json, account_data: { events: [] } }
}
