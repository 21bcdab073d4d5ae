import {
  EventType,
  JoinRule,
  Preset,
  RestrictedAllowType,
  Visibility,
  type ICreateRoomStateEvent,
  type MatrixClient,
  type Room,
} from 'matrix-js-sdk'
import { directInviter } from './direct-invite.ts'
import { describeJoinError } from './join-error.ts'
import { serverOf } from './names.ts'
import { parseDirect, withDirect, withoutRoom, type DirectMap } from './direct.ts'

export interface NewRoom {
  readonly name: string
  readonly topic: string
  /** `space`: members of `spaceId`, and who is invited. */
  readonly whoMayJoin: 'private' | 'public' | 'knock' | 'space'
  readonly spaceId?: string | undefined
  readonly invite: readonly string[]
}

/** The presets know neither of asking nor of spaces. */
function entryState({ whoMayJoin, spaceId }: NewRoom): ICreateRoomStateEvent[] {
  const rule = (content: object): ICreateRoomStateEvent => ({
    type: EventType.RoomJoinRules,
    state_key: '',
    content,
  })
  if (whoMayJoin === 'knock') return [rule({ join_rule: JoinRule.Knock })]
  if (whoMayJoin !== 'space' || spaceId === undefined) return []
  return [
    rule({
      join_rule: JoinRule.Restricted,
      allow: [{ type: RestrictedAllowType.RoomMembership, room_id: spaceId }],
    }),
  ]
}

/** What a person does with rooms. Each promise rejects with the server's error. */
export function createRoomsApi(sdk: MatrixClient, myUserId: string) {
  const opening = new Map<string, Promise<string>>()
  const direct = (): DirectMap => parseDirect(sdk.getAccountData(EventType.Direct)?.getContent())

  async function saveDirect(map: DirectMap): Promise<void> {
    await sdk.setAccountData(
      EventType.Direct,
      Object.fromEntries(Object.entries(map).map(([userId, rooms]) => [userId, [...rooms]])),
    )
  }

  /** A conversation that is still going: neither side has left. */
  function existingDirect(userId: string): Room | undefined {
    const rooms = (direct()[userId] ?? []).map((id) => sdk.getRoom(id)).filter((room) => room !== null)
    const alive = (membership: string | undefined): boolean =>
      membership === 'join' || membership === 'invite'
    return rooms
      .filter((room) => room.getMyMembership() === 'join' && alive(room.getMember(userId)?.membership))
      .toSorted((a, b) => b.getLastActiveTimestamp() - a.getLastActiveTimestamp())[0]
  }

  /**
   * A conversation that its other side never entered, because their computer was away when it was begun: an
   * invitation needs their server's signature, and cannot wait in a queue as messages do.
   */
  function unansweredDirect(userId: string): Room | undefined {
    return (direct()[userId] ?? [])
      .map((id) => sdk.getRoom(id))
      .filter((room) => room !== null)
      .find((room) => room.getMyMembership() === 'join' && room.getMember(userId) === null)
  }

  const inviting = new Set<string>()

  /** Sends the invitations that could not be sent before to people who can be reached now. */
  async function inviteWaiting(reachable: readonly string[]): Promise<void> {
    for (const userId of reachable) {
      const room = unansweredDirect(userId)
      if (room === undefined || opening.has(userId) || inviting.has(room.roomId)) continue
      inviting.add(room.roomId)
      try {
        await sdk.invite(room.roomId, userId)
        // Until the sync shows the membership, the room still looks as if nobody had been invited.
        setTimeout(() => inviting.delete(room.roomId), 10_000)
      } catch (error) {
        console.warn('An invitation has to wait longer', error)
        // What made it fail may be over with the next change nearby, such as that their server denied this one.
        inviting.delete(room.roomId)
      }
    }
  }

  /** An invitation of the other side to a conversation is the conversation. */
  function directInviteFrom(userId: string): Room | undefined {
    return sdk.getRooms().find((room) => directInviter(room, myUserId) === userId)
  }

  async function startDirect(userId: string): Promise<string> {
    const existing = existingDirect(userId)
    if (existing !== undefined) return existing.roomId
    const unanswered = unansweredDirect(userId)
    if (unanswered !== undefined) return unanswered.roomId
    const invited = directInviteFrom(userId)
    if (invited !== undefined) {
      await accept(invited.roomId)
      return invited.roomId
    }
    const { room_id: roomId } = await sdk.createRoom({
      preset: Preset.TrustedPrivateChat,
      visibility: Visibility.Private,
      is_direct: true,
      invite: [userId],
    })
    await saveDirect(withDirect(direct(), userId, roomId))
    return roomId
  }

  async function accept(roomId: string): Promise<void> {
    const room = sdk.getRoom(roomId)
    const inviter = room?.getMember(myUserId)?.events.member?.getSender()
    const partner = room === null ? undefined : directInviter(room, myUserId)
    await sdk.joinRoom(roomId, inviter === undefined ? {} : { viaServers: [serverOf(inviter)] })
    if (partner !== undefined) await saveDirect(withDirect(direct(), partner, roomId))
  }

  /** `room` is an id or an alias; `via` names servers that are in it. Resolves to the id. */
  async function join(room: string, via: readonly string[]): Promise<string> {
    const known = sdk.getRoom(room)
    if (known?.getMyMembership() === 'join') return known.roomId
    // An invitation may be to a conversation of two, and names a server that is in the room.
    if (known?.getMyMembership() === 'invite' && via.length === 0) {
      await accept(room)
      return room
    }
    try {
      const joined = await sdk.joinRoom(room, via.length === 0 ? {} : { viaServers: [...via] })
      return joined.roomId
    } catch (error) {
      const words = describeJoinError(error, room)
      throw words === undefined ? error : new Error(words, { cause: error })
    }
  }

  /** A conversation that is over is none of two any more. */
  async function left(roomId: string): Promise<void> {
    const without = withoutRoom(direct(), roomId)
    if (JSON.stringify(without) !== JSON.stringify(direct())) await saveDirect(without)
  }

  /** What was forgotten is not among the rooms that one left either. */
  async function leave(roomId: string, forget = false): Promise<void> {
    await sdk.leave(roomId)
    await left(roomId)
    if (forget) await sdk.forget(roomId)
  }

  /** Asks to be let in. The room appears as waiting with the next sync. */
  async function knock(room: string, via: readonly string[], reason: string): Promise<void> {
    try {
      await sdk.knockRoom(room, {
        ...(via.length === 0 ? {} : { viaServers: [...via] }),
        ...(reason === '' ? {} : { reason }),
      })
    } catch (error) {
      const words = describeJoinError(error, room)
      throw words === undefined ? error : new Error(words, { cause: error })
    }
  }

  return {
    direct,
    inviteWaiting,
    accept,
    join,
    knock,
    leave,
    left,
    /** Reuses the conversation with this person, or starts one. Two quick clicks start one. */
    openDirect: (userId: string): Promise<string> => {
      const running = opening.get(userId)
      if (running !== undefined) return running
      const started = startDirect(userId).finally(() => opening.delete(userId))
      opening.set(userId, started)
      return started
    },
    createRoom: async (room: NewRoom): Promise<string> => {
      const { room_id: roomId } = await sdk.createRoom({
        name: room.name,
        ...(room.topic === '' ? {} : { topic: room.topic }),
        preset: room.whoMayJoin === 'public' ? Preset.PublicChat : Preset.PrivateChat,
        visibility: Visibility.Private,
        invite: [...room.invite],
        initial_state: entryState(room),
      })
      return roomId
    },
    invite: async (roomId: string, userId: string): Promise<void> => {
      await sdk.invite(roomId, userId)
    },
    setName: async (roomId: string, name: string): Promise<void> => {
      await sdk.setRoomName(roomId, name)
    },
    setTopic: async (roomId: string, topic: string): Promise<void> => {
      await sdk.setRoomTopic(roomId, topic)
    },
  }
}
export type RoomsApi = ReturnType<typeof createRoomsApi>
