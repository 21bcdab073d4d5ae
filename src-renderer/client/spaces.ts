import { EventTimeline, EventType, RoomType, Visibility, type MatrixClient, type Room } from 'matrix-js-sdk'
import type { NewSpace } from './types.ts'

/** Rooms that a space names ("Spaces"): a child without `via` was taken out. In the space's own order. */
export function spaceChildren(room: Room): string[] {
  const state = room.getLiveTimeline().getState(EventTimeline.FORWARDS)
  const children = state?.getStateEvents(EventType.SpaceChild) ?? []
  return children
    .filter((event) => {
      const via: unknown = event.getContent()['via']
      return Array.isArray(via) && via.length > 0
    })
    .map((event) => {
      const order: unknown = event.getContent()['order']
      return {
        id: event.getStateKey() ?? '',
        order: typeof order === 'string' && /^[\x20-\x7e]{1,50}$/.test(order) ? order : '\u{7f}',
        ts: event.getTs(),
      }
    })
    .toSorted((a, b) => compare(a.order, b.order) || a.ts - b.ts || compare(a.id, b.id))
    .map((child) => child.id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Verbs of spaces. Promises reject with the server's error. */
export function createSpaces(sdk: MatrixClient, serverName: string) {
  return {
    async createSpace({ name, topic, whoMayJoin }: NewSpace): Promise<string> {
      const open = whoMayJoin === 'public'
      const { room_id: roomId } = await sdk.createRoom({
        name,
        ...(topic === '' ? {} : { topic }),
        visibility: Visibility.Private,
        creation_content: { type: RoomType.Space },
        initial_state: [
          {
            type: EventType.RoomJoinRules,
            state_key: '',
            content: { join_rule: whoMayJoin === 'private' ? 'invite' : whoMayJoin },
          },
          {
            type: EventType.RoomHistoryVisibility,
            state_key: '',
            content: { history_visibility: open ? 'world_readable' : 'shared' },
          },
        ],
        // A space is no place to talk: only those who keep it write there.
        power_level_content_override: { events_default: 100 },
      })
      return roomId
    },
    async addToSpace(spaceId: string, roomId: string, via: readonly string[]): Promise<void> {
      const servers = [...new Set([serverName, ...via])].slice(0, 3)
      await sdk.sendStateEvent(spaceId, EventType.SpaceChild, { via: servers }, roomId)
    },
    async removeFromSpace(spaceId: string, roomId: string): Promise<void> {
      await sdk.sendStateEvent(spaceId, EventType.SpaceChild, {} as never, roomId)
    },
  }
}
