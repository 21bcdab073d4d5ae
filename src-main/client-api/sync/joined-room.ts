import { stateKeyOf, type Json, type JsonObject, type RoomId, type UserId } from '../../core/types.ts'
import type { ReceiptRow, StateGroupId, StoredEvent, StreamPos } from '../../rooms/ports.ts'
import { createFormatter, formatInPieces } from '../client-event.ts'
import { bundlingFormatter, type Ctx } from '../context.ts'
import { isUnfiltered, passesFilter, passesRoomFilter, pickFields } from '../filter.ts'
import type { AccountDataRow } from '../ports.ts'
import { formatTimelineToken } from '../tokens.ts'
import type { SyncRequest } from './request.ts'
import { stateFor } from './state.ts'
import { summaryOf } from './summary.ts'
import { readTimeline, type Timeline } from './timeline.ts'

export interface RoomPart {
  readonly json: JsonObject
  readonly timeline: Timeline
  readonly isEmpty: boolean
}

/** Timeline and state of one room between `since` and `to`, the same for joined and left rooms. */
export function* eventsPart(
  ctx: Ctx,
  request: SyncRequest,
  args: {
    roomId: RoomId
    since: StreamPos | undefined
    to: StreamPos
    baseGroup: StateGroupId | undefined
    endGroup: StateGroupId
    checkVisibility: boolean
    ignored: ReadonlySet<string>
    withSummary: boolean
  },
): Generator<void, RoomPart> {
  const { session, filter } = request
  const user = session.userId
  const { roomId } = args
  const timeline = readTimeline(ctx, {
    roomId,
    since: args.since,
    to: args.to,
    filter: filter.room?.timeline,
    user,
    checkVisibility: args.checkVisibility,
    ignored: args.ignored,
  })
  const stateFilter = filter.room?.state
  const isLazy = stateFilter?.lazy_load_members === true || filter.room?.timeline?.lazy_load_members === true
  const isFull = args.baseGroup === undefined

  const lazyMembers = isLazy ? new Set(timeline.events.map((event) => event.pdu.sender)) : undefined
  if (isFull) lazyMembers?.add(user)

  let summary: JsonObject | undefined
  const membersChanged = timeline.limited || timeline.events.some((e) => e.pdu.type === 'm.room.member')
  if (args.withSummary && (isFull || membersChanged)) {
    const result = summaryOf(ctx.reader, roomId, user)
    summary = result.summary
    for (const hero of result.heroes) lazyMembers?.add(hero)
  }

  const stateIds = stateFor(ctx, {
    roomId,
    timeline,
    endGroup: args.endGroup,
    baseGroup: args.baseGroup,
    upTo: request.stateKey === 'state' ? 'start' : 'end',
    lazyMembers,
  })
  const plain = createFormatter(ctx.reader, session, ctx.clock.now())
  // A client that misses nothing aggregates by itself.
  const formatter = timeline.limited || isFull ? bundlingFormatter(ctx, session) : plain
  const fields = filter.event_fields
  const passes = isUnfiltered(stateFilter)
    ? undefined
    : (event: StoredEvent) => passesRoomFilter(stateFilter, event.pdu)
  const shownState = yield* formatInPieces(ctx.reader, plain, stateIds, passes)
  const json: JsonObject = {
    timeline: {
      events: formatter.formatAll(timeline.events).map((event) => pickFields(event, fields)),
      limited: timeline.limited,
      prev_batch: formatTimelineToken(timeline.below),
    },
    [request.stateKey]: {
      events: shownState.map((event) => pickFields(event, fields)),
    },
  }
  if (summary !== undefined) json['summary'] = summary
  return { json, timeline, isEmpty: timeline.events.length === 0 && shownState.length === 0 }
}

/** `rooms.join[roomId]`; undefined when there is nothing to tell. */
export function* joinedRoom(
  ctx: Ctx,
  request: SyncRequest,
  args: {
    roomId: RoomId
    since: StreamPos | undefined
    to: StreamPos
    baseGroup: StateGroupId | undefined
    endGroup: StateGroupId
    checkVisibility: boolean
    ignored: ReadonlySet<string>
    receipts: readonly ReceiptRow[]
    typing: boolean
    accountData: readonly AccountDataRow[]
  },
): Generator<void, RoomPart | undefined> {
  const { reader, rooms, unread } = ctx
  const user = request.session.userId
  const { roomId } = args
  // It may have been removed since the answer was begun.
  if (reader.getRoom(roomId) === undefined) return undefined

  const part = yield* eventsPart(ctx, request, {
    roomId,
    since: args.since,
    to: args.to,
    baseGroup: args.baseGroup,
    endGroup: args.endGroup,
    checkVisibility: args.checkVisibility,
    ignored: args.ignored,
    withSummary: true,
  })
  const typing = args.typing ? rooms.typingUsers(roomId).filter((one) => !args.ignored.has(one)) : undefined
  const ephemeral = ephemeralEvents(args.receipts, typing, user)
  const shownEphemeral = ephemeral.filter((event) => passesFilter(request.filter.room?.ephemeral, event.type))
  const accountData = args.accountData.filter((row) =>
    passesFilter(request.filter.room?.account_data, row.type),
  )
  const ownReceipt = args.receipts.some((receipt) => receipt.userId === user)
  const isNews = !part.isEmpty || shownEphemeral.length > 0 || accountData.length > 0
  if (!isNews && !ownReceipt && args.since !== undefined && args.baseGroup !== undefined) return undefined

  return {
    ...part,
    isEmpty: false,
    json: {
      ...part.json,
      ephemeral: { events: shownEphemeral },
      account_data: { events: accountData.map(({ type, content }) => ({ type, content })) },
      ...unreadPart(unread.of(user, roomId, args.to, args.ignored), request),
    },
  }
}

function unreadPart(threads: ReturnType<Ctx['unread']['of']>, request: SyncRequest): JsonObject {
  const timelineFilter = request.filter.room?.timeline
  const perThread =
    timelineFilter?.unread_thread_notifications === true ||
    timelineFilter?.['org.matrix.msc3773.unread_thread_notifications'] === true
  const main = { notification_count: 0, highlight_count: 0 }
  const others: JsonObject = {}
  for (const [thread, { notifications, highlights }] of threads) {
    if (perThread && thread !== 'main') {
      others[thread] = { notification_count: notifications, highlight_count: highlights }
    } else {
      main.notification_count += notifications
      main.highlight_count += highlights
    }
  }
  const json: JsonObject = { unread_notifications: main }
  if (perThread && Object.keys(others).length > 0) {
    json['unread_thread_notifications'] = others
    json['org.matrix.msc3773.unread_thread_notifications'] = others
  }
  return json
}

type EphemeralEvent = { type: string; content: JsonObject }

/** `m.receipt` and `m.typing`. Private receipts are shown to their owner alone. */
function ephemeralEvents(
  receipts: readonly ReceiptRow[],
  typing: readonly UserId[] | undefined,
  user: UserId,
): EphemeralEvent[] {
  const events: EphemeralEvent[] = []
  const content: { [eventId: string]: { [type: string]: JsonObject } } = {}
  for (const receipt of receipts) {
    if (receipt.receiptType === 'm.read.private' && receipt.userId !== user) continue
    const data: { [key: string]: Json } = { ts: receipt.ts }
    if (receipt.threadId !== undefined) data['thread_id'] = receipt.threadId
    const ofEvent = (content[receipt.eventId] ??= {})
    const ofType = (ofEvent[receipt.receiptType] ??= {})
    ofType[receipt.userId] = data
  }
  if (Object.keys(content).length > 0) events.push({ type: 'm.receipt', content })
  if (typing !== undefined) events.push({ type: 'm.typing', content: { user_ids: [...typing] } })
  return events
}

/** Users whose devices the client must look at because they came into an encrypted room it is in. */
export function newlySeen(ctx: Ctx, roomId: RoomId, timeline: Timeline, isNewRoom: boolean): UserId[] {
  const room = ctx.reader.getRoom(roomId)
  if (room === undefined) return []
  if (!ctx.reader.stateMap(room.currentState).has(stateKeyOf('m.room.encryption', ''))) return []
  if (isNewRoom) return ctx.reader.members(roomId, 'join').map((member) => member.userId)
  return timeline.events.flatMap(({ pdu }) =>
    pdu.type === 'm.room.member' && pdu.content['membership'] === 'join' && pdu.stateKey !== undefined
      ? [pdu.stateKey as UserId]
      : [],
  )
}
