import type { ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import { deniedServer } from './denied-server.ts'
import { DENIED_HERE, RemoteError } from './ports.ts'

/** What another server's refusal means to our client: its code and sentence, or that it could not be reached. */
export function asRoomError(error: unknown, server: ServerName, what: string): RoomError {
  if (error instanceof RoomError) return error
  if (!(error instanceof RemoteError)) throw error
  const { status, errcode } = error
  if (errcode === DENIED_HERE) return deniedServer(server)
  if (
    status !== undefined &&
    status >= 400 &&
    status < 500 &&
    errcode !== undefined &&
    errcode !== 'M_UNAUTHORIZED'
  ) {
    const said = error.body?.['error']
    return new RoomError(
      status === 401 ? 403 : status,
      errcode,
      typeof said === 'string' ? `${server}: ${said}` : `${server} refused to ${what}.`,
    )
  }
  return new RoomError(502, 'M_UNKNOWN', `${server} could not be reached to ${what}: ${error.message}`)
}

/** Tries servers in turn until one succeeds; the error is the most telling of theirs. */
export async function tryServers<T>(
  item: LogItem,
  servers: readonly ServerName[],
  what: string,
  attempt: (server: ServerName, step: LogItem) => Promise<T>,
): Promise<T> {
  let failure: RoomError | undefined
  for (const server of servers) {
    try {
      return await item.wrap(what, { server }, (step) => attempt(server, step))
    } catch (error) {
      const current = asRoomError(error, server, what)
      if (failure === undefined || tells(current) > tells(failure)) failure = current
    }
  }
  throw failure ?? new RoomError(404, 'M_NOT_FOUND', 'No server is known that is in this room.')
}

/** A refusal says more than a server that does not know the room, and that more than one that is away. */
function tells(error: RoomError): number {
  if (error.status >= 500) return 0
  if (error.status === 404) return 1
  return 2
}
