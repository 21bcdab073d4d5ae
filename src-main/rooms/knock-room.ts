import { ROOM_VERSIONS } from '../core/room-versions.ts'
import type { JsonObject, Pdu, RoomAlias, RoomId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { sendRecommended } from './send-recommended.ts'
import { checkStrippedState } from './check-stripped-state.ts'
import { commit } from './commit.ts'
import { isHearsay, type RoomsContext } from './context.ts'
import { signTemplate } from './handshake.ts'
import { handshakeInTurn } from './handshake-in-turn.ts'
import { candidates, findRoom } from './join-room.ts'
import { memberContent, withReason } from './member-content.ts'
import { stripAll } from './stripped-state.ts'

/** Client-server `POST /knock`: here, or through a server in the room (server-server "Knocking upon a room"). */
export async function knockRoom(
  ctx: RoomsContext,
  args: {
    user: UserId
    room: RoomId | RoomAlias
    via?: readonly ServerName[]
    reason?: string | undefined
  },
): Promise<RoomId> {
  const { user } = args
  const { roomId, servers } = await findRoom(ctx, args.room, args.via)
  const content = memberContent(ctx, user, 'knock', withReason(args.reason))
  if (ctx.store.getRoom(roomId)?.participating === true) {
    const membership = ctx.store.member(roomId, user)?.membership
    if (membership === 'join' || membership === 'invite') {
      throw new RoomError(403, 'M_FORBIDDEN', 'You are in this room, or invited to it.')
    }
    await sendRecommended(ctx, roomId, { type: 'm.room.member', stateKey: user, sender: user, content })
    return roomId
  }
  await ctx.log.run('knock', { room: roomId, user }, (item) =>
    handshakeInTurn(ctx, item, candidates(ctx, user, roomId, servers), {
      what: 'knock',
      make: (server) => ctx.remote.makeKnock(server, roomId, user, ROOM_VERSIONS),
      send: (server, template) =>
        item.wrap('knock', { server }, async () => {
          const pdu = signTemplate(ctx, template, { roomId, user, membership: 'knock', content })
          const answer = await ctx.remote.sendKnock(server, roomId, pdu)
          // Knocked is knocked: what is wrong with the rest is left out.
          const room = { roomId, version: pdu.roomVersion }
          const state = await checkStrippedState(ctx, room, answer.strippedState, server)
          recordKnock(ctx, pdu, user, state.events)
        }),
    }),
  )
  return roomId
}

function recordKnock(ctx: RoomsContext, pdu: Pdu, user: UserId, strippedState: readonly JsonObject[]): void {
  const { store } = ctx
  commit(ctx, (effects) => {
    if (isHearsay(store.getRoom(pdu.roomId))) {
      store.insertRoom({
        roomId: pdu.roomId,
        version: pdu.roomVersion,
        currentState: 0,
        participating: false,
      })
    }
    store.insertEvent({ pdu, status: 'outlier', receivedTs: ctx.clock.now() })
    store.putLocalMembership({
      userId: user,
      roomId: pdu.roomId,
      membership: 'knock',
      eventId: pdu.eventId,
      sender: user,
      streamPos: store.nextStreamPos(),
      strippedState: stripAll(strippedState),
      forgotten: false,
    })
    effects.users.add(user)
  })
}
