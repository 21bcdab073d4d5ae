import type { ServerName } from '../core/types.ts'
import { RoomError } from './api.ts'

/** Why an event of a server that the settings deny is not shown; kept with the event. */
export const DENIED_BY_SETTINGS = 'settings: its server is not allowed here'

/**
 * What a local user wants with a server that the owner's settings (`allow_domain`, `deny_domain`) do not
 * allow. `denied_server` lets the app say it in its own words.
 */
export function deniedServer(server: ServerName): RoomError {
  return new RoomError(
    403,
    'M_FORBIDDEN',
    `The settings of this Hearth do not allow the server ${server}. Its owner can change that under Settings, “Servers”.`,
    { denied_server: server },
  )
}

/** What the other server is told; `denied_origin` lets another Hearth tell its people why. */
export function deniedOrigin(self: ServerName, origin: ServerName): RoomError {
  return new RoomError(
    403,
    'M_FORBIDDEN',
    `The owner of ${self} does not allow ${origin}: nothing is taken from it, and nothing is sent to it.`,
    { denied_origin: origin },
  )
}
