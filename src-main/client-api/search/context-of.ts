import { stateKeyOf, type JsonObject } from '../../core/types.ts'
import type { StoredEvent } from '../../rooms/ports.ts'
import { bundlingFormatter, ignoredUsers, type Ctx } from '../context.ts'
import type { Session } from '../ports.ts'
import { formatTimelineToken } from '../tokens.ts'
import type { Criteria } from './query.ts'

const DEFAULT_CONTEXT = 5
const MAX_CONTEXT = 20

/** What was said around a hit, as far as it is here: a search never waits for other servers. */
export function contextOf(
  ctx: Ctx,
  session: Session,
  event: StoredEvent,
  asked: NonNullable<Criteria['event_context']>,
): JsonObject {
  const pos = event.timelinePos ?? 0
  const ignored = ignoredUsers(ctx, session.userId)
  const around = (direction: 'backward' | 'forward', limit: number): StoredEvent[] =>
    ctx.reader
      .timeline({
        roomId: event.pdu.roomId,
        direction,
        from: pos,
        limit: Math.min(limit, MAX_CONTEXT),
      })
      .filter((near) => !ignored.has(near.pdu.sender) && ctx.rooms.canUserSee(session.userId, near))
  const before = around('backward', asked.before_limit ?? DEFAULT_CONTEXT)
  const after = around('forward', asked.after_limit ?? DEFAULT_CONTEXT)
  const formatter = bundlingFormatter(ctx, session)
  return {
    events_before: formatter.formatAll(before),
    events_after: formatter.formatAll(after),
    start: formatTimelineToken((before.at(-1)?.timelinePos ?? pos) - 1),
    end: formatTimelineToken(after.at(-1)?.timelinePos ?? pos),
    ...(asked.include_profile === true
      ? { profile_info: profilesOf(ctx, [...before, event, ...after]) }
      : {}),
  }
}

/** Names and pictures of who sent these, as they were then. */
function profilesOf(ctx: Ctx, events: readonly StoredEvent[]): JsonObject {
  const profiles: JsonObject = {}
  for (const { pdu, stateBefore } of events) {
    if (stateBefore === undefined || pdu.sender in profiles) continue
    const id = ctx.reader.stateMap(stateBefore).get(stateKeyOf('m.room.member', pdu.sender))
    const member = id === undefined ? undefined : ctx.reader.getEvent(id)?.pdu.content
    if (member === undefined) continue
    const { displayname, avatar_url } = member
    profiles[pdu.sender] = {
      ...(typeof displayname === 'string' ? { displayname } : {}),
      ...(typeof avatar_url === 'string' ? { avatar_url } : {}),
    }
  }
  return profiles
}
