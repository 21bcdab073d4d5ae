import type { ServerName } from '../core/types.ts'
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
      error.body?.['denied_origin'] === undefined ? {} : { denied_by: server },
    )
  }
  return new RoomError(502, 'M_UNKNOWN', `${server} could not be reached to ${what}: ${error.message}`)
}

/** What became of the servers that were tried: each one's failure, in words, and what to tell the client. */
export class ServerFailures {
  private readonly what: string
  private readonly failures: { readonly server: ServerName; readonly error: RoomError }[] = []

  constructor(what: string) {
    this.what = what
  }

  add(server: ServerName, error: unknown): RoomError {
    const failure = asRoomError(error, server, this.what)
    this.failures.push({ server, error: failure })
    return failure
  }

  /** The most telling one, with how the others failed. */
  error(): RoomError {
    const [first] = this.failures
    if (first === undefined) {
      return new RoomError(404, 'M_NOT_FOUND', 'No server is known that is in this room.')
    }
    const telling = this.failures.reduce((a, b) => (tells(b.error) > tells(a.error) ? b : a), first)
    const others = this.failures.filter((failure) => failure !== telling)
    const { status, errcode, message, extra } = telling.error
    if (others.length === 0) return telling.error
    // What is wrong with the room itself is the same wherever one asks.
    const different = others.filter(({ error }) => error.message !== telling.error.message)
    const words = different.map(({ server, error }) =>
      error.message.includes(server) ? error.message : `${server}: ${error.message}`,
    )
    return new RoomError(
      status,
      errcode,
      [message, 'Other servers were tried, too.', ...words].join(' '),
      extra,
    )
  }
}

/** A refusal says more than a server that does not know the room, and that more than one that is away. */
function tells(error: RoomError): number {
  if (error.status >= 500) return error.extra['not_checkable'] === true ? 0.5 : 0
  if (error.status === 404) return 1
  // Another server may be able to tell; this one's inability says little of the user.
  if (error.errcode === 'M_UNABLE_TO_AUTHORISE_JOIN' || error.errcode === 'M_UNABLE_TO_GRANT_JOIN') return 2
  return 3
}
