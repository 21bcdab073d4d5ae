import { isObject, own } from '../core/json.ts'
import { parseUserId } from '../core/ids.ts'
import { parsePdu } from '../core/pdu.ts'
import type { EventId, JsonObject, Pdu, PduJson, RoomId, ServerName } from '../core/types.ts'
import { RoomError, type MembershipArgs } from './api.ts'
import { buildEvent, type EventDraft } from './build-event.ts'
import { checkSignatures } from './check-pdu.ts'
import { commit, enqueue } from './commit.ts'
import { isActive, isLocal, participatingRoom, serverOf, type RoomsContext } from './context.ts'
import { deniedServer } from './denied-server.ts'
import { memberContent, withReason } from './member-content.ts'
import { placeEvent } from './place-event.ts'
import { recommended } from './policy-server.ts'
import { asRoomError } from './remote-failure.ts'
import { isPlaced } from './room-state.ts'
import { sendRecommended } from './send-recommended.ts'
import { strippedPdus } from './stripped-state.ts'

/**
 * Invites a user. One of another server has to accept the event with that server's signature first
 * (server-server "Inviting to a room"). Throws `RoomError`.
 */
export async function inviteUser(
  ctx: RoomsContext,
  args: MembershipArgs & { isDirect?: boolean },
): Promise<void> {
  const { roomId, sender, target } = args
  if (parseUserId(target) === undefined)
    throw new RoomError(400, 'M_INVALID_PARAM', `${target} is not a user id.`)
  if (isLocal(ctx, target) && !isActive(ctx, target)) {
    throw new RoomError(404, 'M_NOT_FOUND', `There is no ${target} here.`)
  }
  const extra: JsonObject = {
    ...withReason(args.reason),
    ...(args.isDirect === true ? { is_direct: true } : {}),
  }
  const draft: EventDraft = {
    type: 'm.room.member',
    stateKey: target,
    sender,
    content: memberContent(ctx, target, 'invite', extra),
  }
  if (ctx.store.member(roomId, target)?.membership === 'join') {
    throw new RoomError(403, 'M_FORBIDDEN', `${target} is in the room already.`)
  }
  if (isLocal(ctx, target)) {
    await sendRecommended(ctx, roomId, draft)
    return
  }
  await sendInvite(ctx, roomId, draft)
}

/** An invite of a user of another server, with that server's signature. Throws `RoomError`. */
export function sendInvite(ctx: RoomsContext, roomId: RoomId, draft: EventDraft): Promise<EventId> {
  return ctx.log.run('invite', { room: roomId, user: draft.stateKey }, () => inviteRemote(ctx, roomId, draft))
}

async function inviteRemote(ctx: RoomsContext, roomId: RoomId, draft: EventDraft): Promise<EventId> {
  const server = serverOf(draft.stateKey ?? '')
  if (!ctx.domainAllowed(server)) throw deniedServer(server)
  const built = commit(ctx, () => buildEvent(ctx, participatingRoom(ctx, roomId), draft))
  const pdu = await recommended(ctx, built.pdu)
  let answer: PduJson
  try {
    answer = await ctx.remote.invite(
      server,
      pdu,
      strippedPdus(ctx, roomId, pdu.sender).map((state) => state.json),
    )
  } catch (error) {
    throw asRoomError(error, server, 'accept the invite')
  }
  const signed = withSignatureOf(pdu, server, answer)
  if (signed === undefined || (await checkSignatures(ctx, signed)).result !== 'ok') {
    throw new RoomError(502, 'M_UNKNOWN', `${server} did not sign the invite.`)
  }
  commit(ctx, (effects) => {
    // It may have come back by a transaction already.
    if (isPlaced(ctx.store.getEvent(signed.eventId))) return
    const placement = placeEvent(ctx, effects, signed)
    if (placement.status !== 'accepted') {
      throw new RoomError(
        403,
        'M_FORBIDDEN',
        'The room changed meanwhile, and this invite is not allowed any more.',
      )
    }
    enqueue(ctx, effects, signed, ctx.store.joinedServers(roomId))
  })
  return signed.eventId
}

/** Our event, with nothing of the answer but the other server's signature. */
function withSignatureOf(pdu: Pdu, server: ServerName, answer: PduJson): Pdu | undefined {
  const theirs = own(own(answer, 'signatures'), server)
  if (theirs === undefined) return undefined
  const ours = pdu.json['signatures'] as JsonObject
  // It may be the policy server, and have signed as that before.
  const before = own(ours, server)
  const both = { ...(isObject(theirs) ? theirs : {}), ...(isObject(before) ? before : {}) }
  const parsed = parsePdu({ ...pdu.json, signatures: { ...ours, [server]: both } }, pdu.roomVersion)
  return parsed.ok && parsed.pdu.eventId === pdu.eventId ? parsed.pdu : undefined
}
