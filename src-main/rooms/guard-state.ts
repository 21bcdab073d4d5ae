import type { JsonObject } from '../core/types.ts'
import { RoomError } from './api.ts'
import type { EventDraft } from './build-event.ts'
import type { RoomsContext } from './context.ts'
import { compileAcl } from './server-acl.ts'

/**
 * State with which a room's administrator would put this server out of the room, or the room out of use, by
 * mistake. Other servers take such events; of its own users this one does not. Throws `RoomError` 400.
 */
export function guardState(ctx: RoomsContext, draft: EventDraft): void {
  if (draft.stateKey !== '') return
  if (draft.type === 'm.room.server_acl') guardAcl(ctx, draft.content)
  if (draft.type === 'm.room.policy' && draft.content['via'] === ctx.serverName)
    throw refuse('This server is no policy server; nobody could send anything in the room.')
}

function guardAcl(ctx: RoomsContext, content: JsonObject): void {
  for (const key of ['allow', 'deny']) {
    const list = content[key]
    // A list that is none counts as empty, which of `allow` keeps everybody out.
    if (list !== undefined && !(Array.isArray(list) && list.every((each) => typeof each === 'string')))
      throw refuse(`${key} must be a list of server names.`)
  }
  const literals = content['allow_ip_literals']
  if (literals !== undefined && typeof literals !== 'boolean')
    throw refuse('allow_ip_literals must be true or false.')
  if (compileAcl(content)(ctx.serverName)) return
  throw refuse(
    'This would shut your own server out of the room: it must match “allow”, and must not match “deny”.',
  )
}

function refuse(message: string): RoomError {
  return new RoomError(400, 'M_INVALID_PARAM', message)
}
