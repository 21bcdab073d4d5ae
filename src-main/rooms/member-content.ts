import type { JsonObject, UserId } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import type { Membership } from './ports.ts'

/** Content of a membership event, with the profile of a person whose server this is. */
export function memberContent(
  ctx: RoomsContext,
  user: UserId,
  membership: Membership,
  extra: JsonObject = {},
): JsonObject {
  const profile = ctx.users.profile(user)
  const content: JsonObject = { ...extra, membership }
  if (profile?.displayName !== undefined) content['displayname'] = profile.displayName
  if (profile?.avatarUrl !== undefined) content['avatar_url'] = profile.avatarUrl
  return content
}

export function withReason(reason: string | undefined): JsonObject {
  return reason === undefined ? {} : { reason }
}
