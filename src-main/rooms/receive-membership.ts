import { own, ownString } from '../core/json.ts'
import { parsePdu } from '../core/pdu.ts'
import { signPduJson } from '../core/signatures.ts'
import type { EventId, JsonObject, Pdu, PduJson, RoomId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { checkSignatures } from './check-pdu.ts'
import { enqueue } from './commit.ts'
import { isLocal, participatingRoom, rulesOf, serverOf, type RoomsContext } from './context.ts'
import type { RoomRecord } from './ports.ts'
import { recommended } from './policy-server.ts'
import { withPatience } from './patience.ts'
import { receiveEvent } from './receive-event.ts'
import { authoriseJoin } from './restricted-join.ts'
import { authChain, loadEvents } from './auth-chain.ts'
import { checkAcl } from './serve-history.ts'
import { strippedPdus } from './stripped-state.ts'

interface MembershipRequest {
  readonly roomId: RoomId
  readonly eventId: EventId | undefined
  readonly json: PduJson
}

/** Server-server `PUT /send_join`: accepts the join, tells the room's servers, answers the state before it. */
export async function receiveJoin(
  ctx: RoomsContext,
  origin: ServerName,
  request: MembershipRequest,
): Promise<{ event: PduJson; state: PduJson[]; authChain: PduJson[] }> {
  const pdu = await receiveMembership(ctx, origin, 'join', request)
  const stored = ctx.store.getEvent(pdu.eventId)
  const before = stored?.stateBefore === undefined ? undefined : ctx.store.stateMap(stored.stateBefore)
  if (stored === undefined || before === undefined) {
    throw new RoomError(500, 'M_UNKNOWN', 'The state at the join is not known here.')
  }
  const state = (await loadEvents(ctx, [...before.values()])).map((event) => event.pdu)
  const chain = await authChain(ctx, [...state, stored.pdu])
  return {
    event: stored.pdu.json,
    state: state.map((event) => event.json),
    authChain: chain.map((event) => event.json),
  }
}

/** Server-server `PUT /send_leave` */
export async function receiveLeave(
  ctx: RoomsContext,
  origin: ServerName,
  request: MembershipRequest,
): Promise<void> {
  await receiveMembership(ctx, origin, 'leave', request)
}

/** Server-server `PUT /send_knock` */
export async function receiveKnock(
  ctx: RoomsContext,
  origin: ServerName,
  request: MembershipRequest,
): Promise<{ strippedState: JsonObject[] }> {
  await receiveMembership(ctx, origin, 'knock', request)
  return { strippedState: strippedPdus(ctx, request.roomId).map((pdu) => pdu.json) }
}

async function receiveMembership(
  ctx: RoomsContext,
  origin: ServerName,
  membership: 'join' | 'leave' | 'knock',
  request: MembershipRequest,
): Promise<Pdu> {
  const { roomId } = request
  const room = participatingRoom(ctx, roomId)
  checkAcl(ctx, origin, roomId)
  const given = checkRequest(origin, membership, request, room)
  // A request that was answered before, and whose answer was lost.
  const earlier = ctx.store.getEvent(given.eventId)
  if (earlier?.status === 'accepted') return earlier.pdu
  const cosigned = cosign(ctx, room, given)
  const checked = await checkSignatures(ctx, cosigned)
  if (checked.result !== 'ok') throw invalid(`The event was refused: ${checked.reason}.`)
  // Who joins cannot know that the room has a policy server: it is asked in their place.
  const pdu = membership === 'leave' ? checked.pdu : await recommended(ctx, checked.pdu)
  return ctx.log.run(`receive ${membership}`, { room: roomId, server: origin, user: pdu.sender }, (item) =>
    ctx.lanes.run(roomId, async () => {
      // The other server waits for the answer, and may be the one that lets us wait.
      const received = (await withPatience(ctx, (bounded) =>
        receiveEvent(bounded, item, room, origin, pdu, (effects, placement) => {
          if (placement.status !== 'accepted') return
          enqueue(ctx, effects, pdu, ctx.store.joinedServers(roomId), origin)
        }),
      )) ?? { status: 'retry' as const, reason: 'What the event refers to could not be fetched in time.' }
      if (received.status === 'accepted') return pdu
      if (received.status === 'known') {
        const known = ctx.store.getEvent(pdu.eventId)
        if (known?.status === 'accepted') return known.pdu
        throw new RoomError(403, 'M_FORBIDDEN', known?.reason ?? 'The room does not allow this.')
      }
      throw new RoomError(
        received.status === 'retry' ? 503 : 403,
        received.status === 'retry' ? 'M_UNKNOWN' : 'M_FORBIDDEN',
        received.reason ?? 'The room does not allow this.',
      )
    }),
  )
}

/** What the endpoints MUST check of the event. */
function checkRequest(
  origin: ServerName,
  membership: string,
  request: MembershipRequest,
  room: RoomRecord,
): Pdu {
  const parsed = parsePdu(request.json, room.version)
  if (!parsed.ok) throw invalid(`The event is malformed: ${parsed.reason}.`)
  const { pdu } = parsed
  if (pdu.roomId !== room.roomId) throw invalid('The event is of another room.')
  if (request.eventId !== undefined && request.eventId !== pdu.eventId) {
    throw invalid('The event is another one than the request names.')
  }
  if (pdu.type !== 'm.room.member' || own(pdu.content, 'membership') !== membership) {
    throw invalid(`The event is not a ${membership}.`)
  }
  if (serverOf(pdu.sender) !== origin) throw invalid('The sender is not a user of your server.')
  if (pdu.stateKey !== pdu.sender) throw invalid('A user can do this only for themselves.')
  return pdu
}

/** "The signature must be added before sending or persisting": of the server that authorises a restricted join. */
function cosign(ctx: RoomsContext, room: RoomRecord, pdu: Pdu): Pdu {
  const authoriser = ownString(pdu.content, 'join_authorised_via_users_server') as UserId | undefined
  if (authoriser === undefined || !rulesOf(room).restrictedJoin || !isLocal(ctx, authoriser)) return pdu
  authoriseJoin(ctx, room, pdu.sender)
  const signed = parsePdu(signPduJson(pdu.json, rulesOf(room), ctx.signer), room.version)
  if (!signed.ok) throw invalid(`The event is malformed: ${signed.reason}.`)
  return signed.pdu
}

function invalid(message: string): RoomError {
  return new RoomError(400, 'M_INVALID_PARAM', message)
}
