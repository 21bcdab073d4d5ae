import type { TLSSocket } from 'node:tls'
import { callbackify } from 'node:util'
import { Client, type buildConnector, type Dispatcher } from 'undici'
import type { LogItem } from '../../trace/log.ts'

/**
 * A request on its way through a pool, handed over as undici's `opaque`: it is told which connection it got, and when
 * it leaves.
 */
export class Trip {
  private readonly item: LogItem
  private readonly bytes: number
  private boarded: { readonly address: string; readonly reused: boolean } | undefined
  /** The step from the first byte on a connection to the beginning of the answer. */
  exchange: LogItem | undefined

  constructor(item: LogItem, bytes: number) {
    this.item = item
    this.bytes = bytes
  }

  /** Dials for this trip, as a step of it. */
  async dial(open: (item: LogItem) => Promise<TLSSocket>): Promise<TLSSocket> {
    this.exchange?.fail(new Error('the connection was closed meanwhile'))
    this.exchange = undefined
    const socket = await this.item.wrap('connection', {}, open)
    this.board(socket, false)
    return socket
  }

  board(socket: TLSSocket, reused: boolean): void {
    const { remoteAddress: host = '', remotePort: port = 0 } = socket
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    this.boarded = { address, reused }
    // A body may have to wait for our own disk, which says nothing of the other server.
    if (this.bytes === 0) this.leave()
  }

  leave(): void {
    this.exchange = this.item.open('exchange', { ...this.boarded, bytes: this.bytes })
  }
}

/** One connection of a pool, which takes one request after the other. */
export class Line extends Client {
  private socket: TLSSocket | undefined
  private trip: Trip | undefined

  constructor(url: URL, options: Client.Options, open: (item?: LogItem) => Promise<TLSSocket>) {
    super(url, {
      ...options,
      connect: connector(async () => {
        this.socket = await (this.trip === undefined ? open() : this.trip.dial(open))
        return this.socket
      }),
    })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { opaque } = options as { opaque?: unknown }
    this.trip = opaque instanceof Trip ? opaque : undefined
    if (this.socket?.destroyed === false) this.trip?.board(this.socket, true)
    return super.dispatch(options, handler)
  }
}

/** A function that opens a socket, in the form that undici takes. */
export function connector(open: () => Promise<TLSSocket>): buildConnector.connector {
  const withCallback = callbackify(open)
  return (_options, callback) => {
    withCallback((error, socket) => {
      if (error) callback(error, null)
      else callback(null, socket)
    })
  }
}
