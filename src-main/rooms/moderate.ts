import type { JsonObject } from '../core/types.ts'
import { RoomError, type MembershipArgs } from './api.ts'
import type { RoomsContext } from './context.ts'
import { withReason } from './member-content.ts'
import { sendRecommended } from './send-recommended.ts'

/** Client-server `POST /kick`; also takes back an invite, and refuses a knock. */
export async function kickUser(ctx: RoomsContext, args: MembershipArgs): Promise<void> {
  const membership = ctx.store.member(args.roomId, args.target)?.membership
  if (membership === undefined || membership === 'leave' || membership === 'ban') {
    throw new RoomError(403, 'M_FORBIDDEN', `${args.target} is not in the room.`)
  }
  await setMembership(ctx, args, { membership: 'leave' })
}

/** Client-server `POST /ban` */
export async function banUser(ctx: RoomsContext, args: MembershipArgs): Promise<void> {
  await setMembership(ctx, args, { membership: 'ban' })
}

/** Client-server `POST /unban` */
export async function unbanUser(ctx: RoomsContext, args: MembershipArgs): Promise<void> {
  if (ctx.store.member(args.roomId, args.target)?.membership !== 'ban') {
    throw new RoomError(403, 'M_FORBIDDEN', `${args.target} is not banned.`)
  }
  await setMembership(ctx, args, { membership: 'leave' })
}

async function setMembership(ctx: RoomsContext, args: MembershipArgs, content: JsonObject): Promise<void> {
  await sendRecommended(ctx, args.roomId, {
    type: 'm.room.member',
    stateKey: args.target,
    sender: args.sender,
    content: { ...withReason(args.reason), ...content },
  })
}
