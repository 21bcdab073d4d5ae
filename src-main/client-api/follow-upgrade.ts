import { isObject, ownString } from '../core/json.ts'
import type { RoomId, UserId } from '../core/types.ts'
import type { Ctx } from './context.ts'
import type { PushRule, Ruleset } from './push/rules.ts'

/**
 * "When a user joins the new room, the server should automatically transfer/replicate some of the user's
 * personalized settings" (client-server, "Room Upgrades"): tags, notifications, and that it is a direct chat.
 * Only where the old room itself points to the new one: anybody can claim a predecessor.
 */
export function followUpgrade(ctx: Ctx, user: UserId, roomId: RoomId): void {
  const create = ctx.reader.currentStateEvent(roomId, 'm.room.create', '')?.pdu.content
  const old = ownString(create?.['predecessor'], 'room_id') as RoomId | undefined
  if (old === undefined) return
  const tombstone = ctx.reader.currentStateEvent(old, 'm.room.tombstone', '')?.pdu.content
  if (ownString(tombstone, 'replacement_room') !== roomId) return
  const { accounts } = ctx
  accounts.transaction(() => {
    const tags = accounts.accountData(user, old, 'm.tag')
    if (tags !== undefined && accounts.accountData(user, roomId, 'm.tag') === undefined) {
      accounts.putAccountData(user, roomId, 'm.tag', tags)
    }
    const direct = accounts.accountData(user, undefined, 'm.direct')
    const followed = Object.entries(direct ?? {}).map(([person, rooms]) =>
      Array.isArray(rooms) && rooms.includes(old) && !rooms.includes(roomId)
        ? ([person, [...rooms, roomId]] as const)
        : ([person, rooms] as const),
    )
    if (followed.some(([person, rooms]) => rooms !== direct?.[person])) {
      accounts.putAccountData(user, undefined, 'm.direct', Object.fromEntries(followed))
    }
    copyPushRules(ctx, user, old, roomId)
  })
  ctx.notifier.wake([user])
}

function copyPushRules(ctx: Ctx, user: UserId, old: RoomId, roomId: RoomId): void {
  const rules = ctx.pushRules.get(user)
  const copied: Ruleset = { ...rules }
  let changed = false
  // Of the kind `room`, and as clients mute a room: an override that is named after it.
  for (const kind of ['room', 'override'] as const) {
    const rule = rules[kind].find((one) => one.rule_id === old)
    if (rule === undefined || rules[kind].some((one) => one.rule_id === roomId)) continue
    copied[kind] = [...rules[kind], ofRoom(rule, old, roomId)]
    changed = true
  }
  if (changed) ctx.pushRules.put(user, copied)
}

function ofRoom(rule: PushRule, old: RoomId, roomId: RoomId): PushRule {
  const conditions = rule.conditions?.map((condition) =>
    isObject(condition) && condition.pattern === old ? { ...condition, pattern: roomId } : condition,
  )
  return { ...rule, rule_id: roomId, ...(conditions === undefined ? {} : { conditions }) }
}
