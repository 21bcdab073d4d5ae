import { own, ownString, isObject } from '../core/json.ts'
import { createEventIdOf, parsePdu } from '../core/pdu.ts'
import { isRoomVersion, roomVersionRules } from '../core/room-versions.ts'
import { signPduJson } from '../core/signatures.ts'
import type { EventId, JsonObject, Pdu, PduJson, RoomId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { checkSignatures } from './check-pdu.ts'
import { checkStrippedState } from './check-stripped-state.ts'
import { commit } from './commit.ts'
import { isActive, isHearsay, isLocal, serverOf, type RoomsContext } from './context.ts'
import { stripAll } from './stripped-state.ts'
import { checkAcl } from './serve-history.ts'

/** Invites of one server that may wait for one user's answer. */
const MAX_WAITING_INVITES = 100
const MAX_OTHER_INVITERS = 5

export interface InviteRequest {
  readonly roomId: RoomId
  readonly eventId: EventId
  readonly roomVersion: string
  readonly json: PduJson
  readonly strippedState: readonly JsonObject[]
}

/**
 * Server-server `PUT /invite` (v1 and v2): checks that it is an invite of one of our users by one of the
 * origin's, signs it, and tells the user. Throws `RoomError`.
 */
export async function receiveInvite(
  ctx: RoomsContext,
  origin: ServerName,
  request: InviteRequest,
): Promise<PduJson> {
  const { roomId, roomVersion } = request
  if (!isRoomVersion(roomVersion)) {
    throw new RoomError(400, 'M_INCOMPATIBLE_ROOM_VERSION', 'This server does not know that room version.', {
      room_version: roomVersion,
    })
  }
  const rules = roomVersionRules(roomVersion)
  const parsed = parsePdu(request.json, roomVersion)
  if (!parsed.ok) throw invalid(`The invite is malformed: ${parsed.reason}.`)
  const { pdu } = parsed
  checkInvite(ctx, origin, request, pdu)
  if (rules.roomIdIsCreateHash) checkCreateEvent(roomId, request.strippedState)
  const checked = await checkSignatures(ctx, pdu, origin)
  if (checked.result !== 'ok') throw invalid(`The invite was refused: ${checked.reason}.`)
  const room = { roomId, version: roomVersion }
  const state = await checkStrippedState(ctx, room, request.strippedState, origin)
  if (state.wrong !== undefined) throw invalid(`An event of invite_room_state is not valid: ${state.wrong}.`)
  const signed = parsePdu(signPduJson(checked.pdu.json, rules, ctx.signer), roomVersion)
  if (!signed.ok) throw invalid(`The invite is malformed: ${signed.reason}.`)

  const target = pdu.stateKey as UserId
  ctx.log.run('receive invite', { room: roomId, server: origin, sender: pdu.sender, user: target }, () =>
    commit(ctx, (effects) => {
      const { store } = ctx
      if (versionIsOpen(ctx, roomId)) {
        store.insertRoom({ roomId, version: roomVersion, currentState: 0, participating: false })
      }
      if (store.getEvent(pdu.eventId) === undefined) {
        store.insertEvent({ pdu: signed.pdu, status: 'outlier', receivedTs: ctx.clock.now() })
      }
      store.putLocalMembership({
        userId: target,
        roomId,
        membership: 'invite',
        eventId: pdu.eventId,
        sender: pdu.sender,
        streamPos: store.nextStreamPos(),
        strippedState: [...stripAll(state.events), ...otherInviters(ctx, origin, target, roomId)],
        forgotten: false,
      })
      effects.users.add(target)
    }),
  )
  return signed.pdu.json
}

function checkInvite(ctx: RoomsContext, origin: ServerName, request: InviteRequest, pdu: Pdu): void {
  const { roomId } = request
  const room = ctx.store.getRoom(roomId)
  if (room?.version !== request.roomVersion && !versionIsOpen(ctx, roomId)) {
    throw invalid('The room has another version.')
  }
  if (pdu.roomId !== roomId) throw invalid('The invite is of another room.')
  if (pdu.eventId !== request.eventId) throw invalid('The invite is another event than the request names.')
  if (pdu.type !== 'm.room.member' || own(pdu.content, 'membership') !== 'invite') {
    throw invalid('The event is not an invite.')
  }
  if (serverOf(pdu.sender) !== origin) throw invalid('The sender is not a user of your server.')
  if (pdu.stateKey === undefined || !isLocal(ctx, pdu.stateKey as UserId)) {
    throw invalid('The invited user is not a user of this server.')
  }
  if (!isActive(ctx, pdu.stateKey as UserId)) {
    throw new RoomError(404, 'M_NOT_FOUND', `There is no ${pdu.stateKey} here.`)
  }
  checkAcl(ctx, origin, roomId)
  const again = ctx.store.localMembership(pdu.stateKey as UserId, roomId)?.membership === 'invite'
  if (!again && ctx.store.waitingInvites(pdu.stateKey as UserId, origin) >= MAX_WAITING_INVITES) {
    throw new RoomError(
      429,
      'M_LIMIT_EXCEEDED',
      `${pdu.stateKey} has to answer the earlier invites of your server first.`,
      { retry_after_ms: 3_600_000 },
    )
  }
  const membership = ctx.store.member(roomId, pdu.stateKey as UserId)?.membership
  if (room?.participating === true && (membership === 'join' || membership === 'ban')) {
    throw new RoomError(403, 'M_FORBIDDEN', `${pdu.stateKey} cannot be invited to this room.`)
  }
}

/**
 * Members, so they say, who invited before: a stranger's invite to the same room must not hide the way
 * into it that an earlier one showed.
 */
function otherInviters(ctx: RoomsContext, origin: ServerName, target: UserId, roomId: RoomId): JsonObject[] {
  const earlier = ctx.store.localMembership(target, roomId)
  if (earlier?.membership !== 'invite') return []
  const known = earlier.strippedState.flatMap((event) =>
    event['type'] === 'm.room.member' ? (ownString(event, 'state_key') ?? []) : [],
  )
  return [...new Set([earlier.sender, ...known])]
    .filter((user) => serverOf(user) !== origin && serverOf(user) !== ctx.serverName)
    .slice(0, MAX_OTHER_INVITERS)
    .map((user) => ({
      type: 'm.room.member',
      sender: user,
      state_key: user,
      content: { membership: 'join' },
    }))
}

/** The version that this invite says is as good as what is known; not while a join finds out the real one. */
function versionIsOpen(ctx: RoomsContext, roomId: RoomId): boolean {
  return isHearsay(ctx.store.getRoom(roomId)) && !ctx.joining.has(roomId)
}

/** From room version 12 on the room id names the create event, which must come with the invite. */
function checkCreateEvent(roomId: RoomId, strippedState: readonly JsonObject[]): void {
  const create = strippedState.find((event) => isObject(event) && event['type'] === 'm.room.create')
  if (create === undefined) {
    throw invalid('invite_room_state has no m.room.create event.')
  }
  const parsed = parsePdu(create, '12')
  if (!parsed.ok || parsed.pdu.eventId !== createEventIdOf(roomId)) {
    throw invalid('The m.room.create event of invite_room_state is not of this room.')
  }
}

function invalid(message: string): RoomError {
  return new RoomError(400, 'M_INVALID_PARAM', message)
}
