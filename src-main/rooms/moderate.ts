import type { JsonObject } from '../core/types.ts'
import { RoomError, type MembershipArgs } from './api.ts'
import { sendNow } from './build-event.ts'
import type { RoomsContext } from './context.ts'
import { withReason } from './member-content.ts'

/** Client-server `POST /kick`; also takes back an invite, and refuses a knock. */
export function kickUser(ctx: RoomsContext, args: MembershipArgs): void {
  const membership = ctx.store.member(args.roomId, args.target)?.membership
  if (membership === undefined || membership === 'leave' || membership === 'ban') {
    throw new RoomError(403, 'M_FORBIDDEN', `${args.target} is not in the room.`)
  }
  setMembership(ctx, args, { membership: 'leave' })
}

/** Client-server `POST /ban` */
export function banUser(ctx: RoomsContext, args: MembershipArgs): void {
  setMembership(ctx, args, { membership: 'ban' })
}

/** Client-server `POST /unban` */
export function unbanUser(ctx: RoomsContext, args: MembershipArgs): void {
  if (ctx.store.member(args.roomId, args.target)?.membership !== 'ban') {
    throw new RoomError(403, 'M_FORBIDDEN', `${args.target} is not banned.`)
  }
  setMembership(ctx, args, { membership: 'leave' })
}

function setMembership(ctx: RoomsContext, args: MembershipArgs, content: JsonObject): void {
  sendNow(ctx, args.roomId, {
    type: 'm.room.member',
    stateKey: args.target,
    sender: args.sender,
    content: { ...withReason(args.reason), ...content },
  })
}
