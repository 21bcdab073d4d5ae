import { Method, type MatrixClient, type Room } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'
import { cleanName, serverOf } from './names.ts'
import { toPerson, type Surroundings } from './people.ts'
import { asObject, parseEvent, parseEvents, type RawEvent } from './raw-event.ts'
import type { TimelineApi } from './timeline-api.ts'
import type { Person, RoomEvent } from './types.ts'

/** A room that one is not in any more, and has not forgotten. */
export interface LeftRoom {
  readonly id: string
  /** Undefined where the room never said one. */
  readonly name: string | undefined
  readonly avatarMxc: string | undefined
  readonly how: 'left' | 'removed' | 'banned'
  /** Who removed or banned one. */
  readonly by: Person | undefined
  readonly reason: string | undefined
  readonly ts: number
  /** The room that took its place. */
  readonly replacement: string | undefined
}

export interface LeftHistory {
  readonly events: readonly RoomEvent[]
  /** Where the page before begins; undefined at the beginning. */
  readonly older: string | undefined
}

const PAGE = 60

const eventsSchema = z.object({ events: z.array(z.unknown()).catch([]) }).catch({ events: [] })
const syncSchema = z.object({
  rooms: z
    .object({
      leave: z
        .record(z.string(), z.object({ state: eventsSchema, timeline: eventsSchema }))
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
})

const SHOWN = ['m.room.name', 'm.room.avatar', 'm.room.canonical_alias', 'm.room.tombstone', 'm.room.member']

/** Rooms one has left: those of this session are known, the others are asked for. */
export function createLeftRooms(
  sdk: MatrixClient,
  around: Surroundings,
  api: TimelineApi,
  convert: (roomId: string, raw: RawEvent) => RoomEvent,
) {
  const me = around.myUserId

  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value.trim() !== '' ? value : undefined

  function describe(id: string, events: readonly RawEvent[]): LeftRoom | undefined {
    const newest = (type: string, key = ''): RawEvent | undefined =>
      events.findLast((each) => each.type === type && each.state_key === key)
    const own = newest('m.room.member', me)
    const membership: unknown = own?.content['membership']
    if (own === undefined || (membership !== 'leave' && membership !== 'ban')) return undefined
    const bySelf = own.sender === me
    const name =
      text(newest('m.room.name')?.content['name']) ?? text(newest('m.room.canonical_alias')?.content['alias'])
    return {
      id,
      name: cleanName(name),
      avatarMxc: text(newest('m.room.avatar')?.content['url']),
      how: membership === 'ban' ? 'banned' : bySelf ? 'left' : 'removed',
      by: bySelf ? undefined : toPerson(around, sdk.getRoom(id), own.sender),
      reason: text(own.content['reason'])?.slice(0, 500),
      ts: own.origin_server_ts,
      replacement: text(newest('m.room.tombstone')?.content['replacement_room']),
    }
  }

  /** Who they were when one left; without the answer they go by their ids. */
  async function learnNames(roomId: string): Promise<void> {
    try {
      const answer = await sdk.http.authedRequest<unknown>(
        Method.Get,
        `/rooms/${encodeURIComponent(roomId)}/members`,
      )
      for (const member of parseEvents(asObject(answer)?.['chunk']))
        around.noteName(member.state_key ?? '', member.content['displayname'])
    } catch (error) {
      console.warn('The people of a room that was left could not be listed', error)
    }
  }

  function fromRoom(room: Room): LeftRoom | undefined {
    const events = SHOWN.flatMap((type) => {
      const event = room.currentState.getStateEvents(type, type === 'm.room.member' ? me : '')
      const raw = event === null ? undefined : parseEvent(event.event)
      return raw === undefined ? [] : [raw]
    })
    return describe(room.roomId, events)
  }

  return {
    /** Why one is not in this room any more, as far as this session has seen it. */
    leftRoom: (roomId: string): LeftRoom | undefined => {
      const room = sdk.getRoom(roomId)
      return room === null || !['leave', 'ban'].includes(room.getMyMembership()) ? undefined : fromRoom(room)
    },
    /** All rooms that one has left and not forgotten, the last one first. */
    leftRooms: async (): Promise<readonly LeftRoom[]> => {
      const here = sdk.getRooms().filter((room) => room.getMyMembership() === 'join')
      const filter = {
        room: {
          include_leave: true,
          // Of rooms that one is in nothing is needed.
          not_rooms: here.map((room) => room.roomId).slice(0, 500),
          timeline: { limit: 10 },
          state: { types: SHOWN },
          ephemeral: { types: [] },
          account_data: { types: [] },
        },
        account_data: { types: [] },
        presence: { types: [] },
      }
      const answer = syncSchema.parse(
        await sdk.http.authedRequest<unknown>(Method.Get, '/sync', {
          filter: JSON.stringify(filter),
          timeout: 0,
          set_presence: 'offline',
        }),
      )
      return Object.entries(answer.rooms?.leave ?? {})
        .flatMap(([id, { state, timeline }]) => {
          const events = parseEvents([...state.events, ...timeline.events])
          return describe(id, events) ?? []
        })
        .toSorted((a, b) => b.ts - a.ts)
    },
    /** A page of what one could read there, oldest first; `from` is where the page after it began. */
    leftHistory: async (roomId: string, from: string | undefined): Promise<LeftHistory> => {
      if (from === undefined) await learnNames(roomId)
      const page = await api.messages(roomId, 'b', from, PAGE)
      return { events: page.events.map((raw) => convert(roomId, raw)).toReversed(), older: page.next }
    },
    forget: async (roomId: string): Promise<void> => {
      await sdk.forget(roomId)
    },
    /** Servers that may still be in the room. */
    serversOf: (roomId: string): readonly string[] => {
      const room = sdk.getRoom(roomId)
      const servers = (room?.getJoinedMembers() ?? []).map((each) => serverOf(each.userId))
      return [...new Set(servers)].filter((each) => each !== serverOf(me)).slice(0, 5)
    },
  }
}
