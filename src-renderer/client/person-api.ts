import { EventType, Method, type MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'
import { cleanName, fallbackName } from './names.ts'
import { toPerson, type Surroundings } from './people.ts'
import type { Person } from './types.ts'

const profileSchema = z.object({
  displayname: z.string().nullish().catch(undefined),
  avatar_url: z.string().startsWith('mxc://').nullish().catch(undefined),
})

/** People beyond one room's list, and what moderators do. Promises reject with the server's error. */
export function createPersonApi(sdk: MatrixClient, around: Surroundings) {
  const userId = around.myUserId

  return {
    isMember: (roomId: string, someone: string): boolean =>
      sdk.getRoom(roomId)?.getMember(someone)?.membership === 'join',
    /** As some room knows them, else by their id. */
    personOf: (someone: string): Person => {
      const room = sdk.getRooms().find((each) => each.getMember(someone)?.membership === 'join')
      return toPerson(around, room ?? null, someone)
    },
    /** As their own server says. */
    lookUpPerson: async (someone: string): Promise<Person> => {
      const answer = profileSchema.parse(
        await sdk.http.authedRequest<unknown>(Method.Get, `/profile/${encodeURIComponent(someone)}`),
      )
      return {
        userId: someone,
        name: cleanName(answer.displayname) ?? cleanName(around.nearbyName(someone)) ?? fallbackName(someone),
        avatarMxc: answer.avatar_url ?? undefined,
      }
    },
    kick: async (roomId: string, someone: string, reason?: string): Promise<void> => {
      await sdk.kick(roomId, someone, reason)
    },
    ban: async (roomId: string, someone: string, reason?: string): Promise<void> => {
      await sdk.ban(roomId, someone, reason)
    },
    unban: async (roomId: string, someone: string, reason?: string): Promise<void> => {
      // The SDK's own knows no reason.
      await sdk.http.authedRequest(Method.Post, `/rooms/${encodeURIComponent(roomId)}/unban`, undefined, {
        user_id: someone,
        ...(reason === undefined ? {} : { reason }),
      })
    },
    /** The own name in this room only; without one, that of the profile. */
    setRoomNick: async (roomId: string, name: string): Promise<void> => {
      const now = sdk.getRoom(roomId)?.getMember(userId)?.events.member?.getContent()
      const profile = name === '' ? await sdk.getProfileInfo(userId) : undefined
      const content = { ...now, membership: 'join', displayname: name === '' ? profile?.displayname : name }
      await sdk.sendStateEvent(roomId, EventType.RoomMember, content as never, userId)
    },
    setPinned: async (roomId: string, eventId: string, pinned: boolean): Promise<void> => {
      const event = sdk.getRoom(roomId)?.currentState.getStateEvents(EventType.RoomPinnedEvents, '')
      const before = pinnedIds(event?.getContent()['pinned'])
      const others = before.filter((id) => id !== eventId)
      await sdk.sendStateEvent(roomId, EventType.RoomPinnedEvents, {
        pinned: pinned ? [...others, eventId] : others,
      })
    },
  }
}

export function pinnedIds(pinned: unknown): string[] {
  return Array.isArray(pinned) ? pinned.filter((id): id is string => typeof id === 'string') : []
}
