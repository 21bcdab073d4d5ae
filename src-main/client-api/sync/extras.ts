import type { JsonObject, UserId } from '../../core/types.ts'
import type { Ctx } from '../context.ts'
import { passesFilter } from '../filter.ts'
import type { AccountDataRow, AccountPos } from '../ports.ts'
import { presenceEvent } from '../presence.ts'
import { deviceListNews } from './device-lists.ts'
import type { RoomNews } from './news.ts'
import type { SyncRequest } from './request.ts'

const MAX_TO_DEVICE = 100

export interface Extras {
  /** Account position that the answer reaches. */
  readonly upTo: AccountPos
  build(
    globalData: readonly AccountDataRow[],
    newlySeen: readonly UserId[],
    /** Undefined for a first sync, and where nothing happened. */
    news: RoomNews | undefined,
  ): Generator<void, { json: JsonObject; isEmpty: boolean }>
}

/** What `/sync` tells besides rooms: account data, presence, to-device messages, devices and keys. */
export function createExtras(ctx: Ctx, request: SyncRequest): Extras {
  const { accounts, reader } = ctx
  const { userId, deviceId } = request.session
  const since = request.since?.account
  // Syncing from a token acknowledges the messages that came with it.
  if (since !== undefined) accounts.deleteToDevice(userId, deviceId, since)
  const max = accounts.maxPos()
  const messages = accounts.toDevice(userId, deviceId, max, MAX_TO_DEVICE)
  const upTo = messages.length === MAX_TO_DEVICE ? (messages.at(-1)?.id ?? max) : max

  /** Who changed among those who share a room; of who is met for the first time, whatever is known. */
  function presenceEvents(newlySeen: readonly UserId[]): JsonObject[] {
    const changed = ctx.rooms.presence.since(request.since?.presence ?? 0)
    const views = new Map(changed.map((view) => [view.userId, view]))
    for (const user of newlySeen) {
      const view = ctx.rooms.presence.of(user)
      if (view !== undefined) views.set(user, view)
    }
    if (views.size === 0) return []
    const joined = new Set(reader.roomsJoinedBy(userId))
    return [...views.values()]
      .filter((view) => passesFilter(request.filter.presence, 'm.presence', view.userId))
      .filter((view) => since !== undefined || view.presence !== 'offline')
      .filter(
        (view) =>
          view.userId === userId || reader.roomsJoinedBy(view.userId).some((room) => joined.has(room)),
      )
      .map(presenceEvent)
  }

  return {
    upTo,
    *build(globalData, newlySeen, news) {
      const hasRules = globalData.some((row) => row.type === 'm.push_rules')
      const data = globalData.map(({ type, content }) => ({
        type,
        content: type === 'm.push_rules' ? ctx.pushRules.content(userId) : content,
      }))
      // The default rules exist without ever having been set.
      if (since === undefined && !hasRules) {
        data.push({ type: 'm.push_rules', content: ctx.pushRules.content(userId) })
      }
      const shownData = data.filter((event) => passesFilter(request.filter.account_data, event.type))

      const devices = news === undefined ? undefined : yield* deviceListNews(ctx, userId, news)
      const presence = presenceEvents(newlySeen)

      const json: JsonObject = {
        account_data: { events: shownData },
        presence: { events: presence },
        to_device: { events: messages.map((message) => message.event) },
        device_one_time_keys_count: {
          signed_curve25519: 0,
          ...accounts.oneTimeKeyCounts(userId, deviceId),
        },
        device_unused_fallback_key_types: accounts.unusedFallbackAlgorithms(userId, deviceId),
      }
      if (devices !== undefined) {
        json['device_lists'] = { changed: [...devices.changed], left: [...devices.left] }
      }
      return {
        json,
        isEmpty:
          shownData.length === 0 &&
          presence.length === 0 &&
          messages.length === 0 &&
          (devices?.changed.size ?? 0) + (devices?.left.size ?? 0) === 0,
      }
    },
  }
}
