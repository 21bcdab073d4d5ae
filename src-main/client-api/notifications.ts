import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'
import type { StoredEvent } from '../rooms/ports.ts'
import { intQuery } from './body.ts'
import { bundlingFormatter, ignoredUsers, type Ctx, type Register } from './context.ts'
import { actionsFor, isHighlight, type RoomFacts } from './push/evaluate.ts'
import { createMemberCounts, factsOf } from './push/room-facts.ts'
import type { PushAction } from './push/rules.ts'
import { isRead, readPositions, type ReadPositions } from './push/read-positions.ts'

const PAGE = 200
/** Events looked at in one request; the client goes on with the token. */
const MAX_LOOKED_AT = 2_000

interface Notification {
  readonly event: StoredEvent
  readonly actions: readonly PushAction[]
  readonly read: boolean
}

/** GET /notifications: what the push rules, as they are today, notify of; newest first. */
export const registerNotifications: Register = (app, ctx) => {
  const joinedMembers = createMemberCounts(ctx.reader)

  app.get('/_matrix/client/v3/notifications', (c) => {
    const session = ctx.session(c)
    const limit = intQuery(c, 'limit', 20, 1, 100)
    const only = c.req.query('only')
    const from = fromToken(c.req.query('from'))
    const notifies = notifierFor(ctx, session.userId, joinedMembers, only === 'highlight')

    const shown: Notification[] = []
    let before = from
    let isEnd = false
    for (let seen = 0; seen < MAX_LOOKED_AT && shown.length < limit && !isEnd; seen += PAGE) {
      const page = ctx.reader.newestEvents(before, PAGE)
      isEnd = page.length < PAGE
      for (const [index, event] of page.entries()) {
        before = event.streamPos
        const notification = notifies(event)
        if (notification !== undefined) shown.push(notification)
        if (shown.length < limit) continue
        isEnd &&= index === page.length - 1
        break
      }
    }
    const formatter = bundlingFormatter(ctx, session)
    return c.json({
      notifications: shown.map(({ event, actions, read }): JsonObject => ({
        actions: [...actions],
        event: formatter.format(event),
        read,
        room_id: event.pdu.roomId,
        ts: event.receivedTs,
      })),
      ...(isEnd || before === undefined ? {} : { next_token: `n${before}` }),
    })
  })
}

function notifierFor(
  ctx: Ctx,
  user: UserId,
  joinedMembers: (roomId: RoomId) => number,
  onlyHighlights: boolean,
): (event: StoredEvent) => Notification | undefined {
  const rules = ctx.pushRules.get(user)
  const ignored = ignoredUsers(ctx, user)
  const joined = new Set(ctx.reader.roomsJoinedBy(user))
  const rooms = new Map<RoomId, { facts: RoomFacts; read: ReadPositions }>()
  return (event) => {
    const { roomId, sender } = event.pdu
    if (!joined.has(roomId) || event.redactedBy !== undefined || ignored.has(sender)) return undefined
    let room = rooms.get(roomId)
    if (room === undefined) {
      room = {
        facts: factsOf(ctx.reader, user, roomId, joinedMembers),
        read: readPositions(ctx.reader, user, roomId),
      }
      rooms.set(roomId, room)
    }
    const actions = actionsFor(rules, user, event.pdu, room.facts)
    if (!actions.includes('notify') || (onlyHighlights && !actions.some(isHighlight))) return undefined
    if (!ctx.rooms.canUserSee(user, event)) return undefined
    return { event, actions, read: isRead(ctx.reader, room.read, event) }
  }
}

function fromToken(token: string | undefined): number | undefined {
  if (token === undefined || token === '') return undefined
  const value = /^n(\d{1,15})$/.exec(token)?.[1]
  if (value === undefined) throw invalidParam('The token was not made by this server')
  return Number(value)
}
