import { z } from 'zod'
import { keysThatSigned } from '../core/auth/third-party-invite.ts'
import { parseRoomId, parseUserId } from '../core/ids.ts'
import { isObject, ownString } from '../core/json.ts'
import type { JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import type { EventDraft } from './build-event.ts'
import { isLocal, participatingRoom, serverOf, type RoomsContext } from './context.ts'
import { sendInvite } from './invite-user.ts'
import { memberContent } from './member-content.ts'
import { sendRecommended } from './send-recommended.ts'
import { checkAcl } from './serve-history.ts'

/** What the identity server signed: that this person has the address that was invited. */
interface Signed extends JsonObject {
  mxid: string
  token: string
}

const userId = z.custom<UserId>((value) => parseUserId(value) !== undefined, 'must be a user ID')
const signed = z.custom<Signed>(
  (value) =>
    isObject(value) && ownString(value, 'mxid') !== undefined && ownString(value, 'token') !== undefined,
  'must have mxid, token and signatures',
)
const partialInvite = z.object({
  type: z.literal('m.room.member'),
  room_id: z.string(),
  sender: userId,
  state_key: userId,
  content: z.object({
    membership: z.literal('invite'),
    third_party_invite: z.object({ signed }),
  }),
})
const binding = z.object({
  mxid: userId,
  invites: z.array(
    z.object({
      mxid: userId,
      room_id: z.custom<RoomId>((value) => parseRoomId(value) !== undefined, 'must be a room ID'),
      sender: userId,
      signed,
    }),
  ),
})
/** An address is invited to a handful of rooms; each of them may mean a request to another server. */
const MAX_INVITES = 20

function parse<T>(shape: z.ZodType<T>, value: JsonObject): T {
  const parsed = shape.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RoomError(
    400,
    'M_BAD_JSON',
    `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not usable'}`,
  )
}

/**
 * Server-server `PUT /exchange_third_party_invite`: the server of somebody whose address was invited here asks
 * for the real invite. The room's own rules check the identity server's signature. Throws `RoomError`.
 */
export async function exchangeThirdPartyInvite(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  body: JsonObject,
): Promise<void> {
  const invite = parse(partialInvite, body)
  if (invite.room_id !== roomId) {
    throw new RoomError(400, 'M_INVALID_PARAM', 'The event is of another room than the path.')
  }
  checkAcl(ctx, origin, roomId)
  if (serverOf(invite.state_key) !== origin) {
    throw new RoomError(403, 'M_FORBIDDEN', `${invite.state_key} is not a user of your server.`)
  }
  if (!isLocal(ctx, invite.sender)) {
    throw new RoomError(400, 'M_INVALID_PARAM', `${invite.sender} is not a user of this server.`)
  }
  await inviteFor(ctx, {
    ...invite,
    roomId,
    target: invite.state_key,
    signed: invite.content.third_party_invite.signed,
  })
}

/**
 * Server-server `/3pid/onbind`: an identity server says that an address belongs to one of our users, and
 * which invites wait for it. Each is sent here where this server is in the room; else the inviting server is
 * asked to. What fails is noted, and spoils nothing else. Throws `RoomError` for a malformed request.
 */
export async function thirdPartyBound(ctx: RoomsContext, body: JsonObject): Promise<void> {
  const { mxid, invites } = parse(binding, body)
  if (!isLocal(ctx, mxid) || !ctx.users.exists(mxid)) {
    throw new RoomError(404, 'M_NOT_FOUND', `There is no ${mxid} here.`)
  }
  const own = invites
    .slice(0, MAX_INVITES)
    .filter((invite) => invite.mxid === mxid && invite.signed.mxid === mxid)
  for (const invite of own) {
    await ctx.log.run('third-party invite', { room: invite.room_id, user: mxid }, async (item) => {
      try {
        if (ctx.store.getRoom(invite.room_id)?.participating === true) {
          await inviteFor(ctx, { ...invite, roomId: invite.room_id, target: mxid })
        } else await askInviter(ctx, invite.room_id, invite.sender, mxid, invite.signed)
      } catch (error) {
        item.note('failed', { reason: error instanceof Error ? error.message : String(error) }, 'warn')
      }
    })
  }
}

async function askInviter(
  ctx: RoomsContext,
  roomId: RoomId,
  sender: UserId,
  target: UserId,
  proof: Signed,
): Promise<void> {
  const server = serverOf(sender)
  if (server === ctx.serverName) throw new RoomError(404, 'M_NOT_FOUND', 'This server is not in that room.')
  await ctx.remote.exchangeThirdPartyInvite(server, roomId, {
    type: 'm.room.member',
    room_id: roomId,
    sender,
    state_key: target,
    content: { membership: 'invite', third_party_invite: { display_name: '', signed: proof } },
  })
}

/**
 * Client-server "Third-party invites": a server that lets somebody in by an identity server's word asks that one
 * whether the key is valid still. Signatures are for the auth rules, of which other servers can be sure, too.
 */
async function checkKeys(ctx: RoomsContext, proof: Signed, offer: JsonObject): Promise<void> {
  const { identityKeyValid } = ctx
  const keys = keysThatSigned(proof, offer)
  if (identityKeyValid === undefined || keys.length === 0) return
  for (const { publicKey, validityUrl } of keys) {
    if (validityUrl === undefined) return
    try {
      if (await identityKeyValid(validityUrl, publicKey)) return
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new RoomError(502, 'M_UNKNOWN', `The identity server of this invite cannot be asked: ${why}`)
    }
  }
  throw new RoomError(403, 'M_FORBIDDEN', 'The identity server has taken back the key of this invite.')
}

/** The invite that accepts an offer of the room (`m.room.third_party_invite`), in the name of who made it. */
async function inviteFor(
  ctx: RoomsContext,
  args: { roomId: RoomId; sender: UserId; target: UserId; signed: Signed },
): Promise<void> {
  const { roomId, sender, target } = args
  participatingRoom(ctx, roomId)
  const offer = ctx.store.currentStateEvent(roomId, 'm.room.third_party_invite', args.signed.token)
  if (offer === undefined) {
    throw new RoomError(
      403,
      'M_FORBIDDEN',
      'There is no such invite in this room; it may have been taken back.',
    )
  }
  await checkKeys(ctx, args.signed, offer.pdu.content)
  // The auth rules would let it put somebody who is in the room out of it.
  const membership = ctx.store.member(roomId, target)?.membership
  if (membership === 'join') throw new RoomError(403, 'M_FORBIDDEN', `${target} is in the room already.`)
  const name = ownString(offer.pdu.content, 'display_name') ?? ''
  const draft: EventDraft = {
    type: 'm.room.member',
    stateKey: target,
    sender,
    content: memberContent(ctx, target, 'invite', {
      third_party_invite: { display_name: name, signed: args.signed },
    }),
  }
  if (isLocal(ctx, target)) await sendRecommended(ctx, roomId, draft)
  else await sendInvite(ctx, roomId, draft)
}
