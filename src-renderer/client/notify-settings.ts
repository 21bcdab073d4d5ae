import { ClientEvent, EventType, PushRuleKind, type IPushRule, type MatrixClient } from 'matrix-js-sdk'
import { derived } from './readable.ts'
import type { Readable } from './types.ts'

/** What a room may tell about: as usual, everything, only mentions, nothing. */
export type NotifyLevel = 'default' | 'all' | 'mentions' | 'mute'

const MUTE = 'override' as PushRuleKind.Override
const ROOM = 'room' as PushRuleKind.RoomSpecific

/**
 * Per-room notifications as push rules (Client-Server API, "Push Rules"), in the form that other clients
 * write and read: an override rule named like the room mutes it; a room rule tells of all or of mentions only.
 */
export function createNotifySettings(sdk: MatrixClient) {
  const levels = new Map<string, ReturnType<typeof derived<NotifyLevel>>>()

  sdk.on(ClientEvent.AccountData, (event) => {
    if (event.getType() === (EventType.PushRules as string))
      for (const level of levels.values()) level.invalidate()
  })

  const find = (kind: 'override' | 'room', roomId: string): IPushRule | undefined =>
    sdk.pushRules?.global?.[kind]?.find((rule) => (rule.rule_id as string) === roomId && rule.enabled)

  const notifies = (rule: IPushRule): boolean => rule.actions.some((action) => action === 'notify')

  function read(roomId: string): NotifyLevel {
    const override = find('override', roomId)
    if (override !== undefined && !notifies(override)) return 'mute'
    const room = find('room', roomId)
    if (room === undefined) return 'default'
    return notifies(room) ? 'all' : 'mentions'
  }

  async function remove(kind: typeof MUTE | typeof ROOM, roomId: string): Promise<void> {
    if (find(kind === MUTE ? 'override' : 'room', roomId) !== undefined)
      await sdk.deletePushRule('global', kind, roomId)
  }

  return {
    notifyLevel(roomId: string): Readable<NotifyLevel> {
      let level = levels.get(roomId)
      if (level === undefined) levels.set(roomId, (level = derived(() => read(roomId))))
      return level
    },
    async setNotifyLevel(roomId: string, level: NotifyLevel): Promise<void> {
      // First what shall be, then what shall not: a failure in between leaves the room quieter, never lost.
      if (level === 'mute') {
        await sdk.addPushRule('global', MUTE, roomId, {
          conditions: [{ kind: 'event_match', key: 'room_id', pattern: roomId }],
          actions: [],
        } as never)
      } else if (level !== 'default') {
        await sdk.addPushRule('global', ROOM, roomId, {
          actions: level === 'all' ? ['notify', { set_tweak: 'sound', value: 'default' }] : [],
        } as never)
      }
      if (level !== 'mute') await remove(MUTE, roomId)
      if (level === 'default' || level === 'mute') await remove(ROOM, roomId)
      sdk.setPushRules(await sdk.getPushRules())
      levels.get(roomId)?.invalidate()
    },
  }
}
