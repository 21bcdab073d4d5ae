import { createServer as createHttpServer, ServerResponse, type Server } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { ListenAddress } from '../config.ts'
import { directBodyOf, sendDirectly } from './direct-body.ts'

export type Fetch = (
  request: Request,
  env: { incoming: unknown; outgoing: unknown },
) => Response | Promise<Response>

export interface ListenerOptions {
  readonly address: ListenAddress
  readonly fetch: Fetch
  readonly tls?: { cert: string; key: string } | undefined
  /** Connections beyond this are refused: a stranger cannot use up the file descriptors. */
  readonly maxConnections: number
  readonly onError: (error: unknown) => void
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** New connections are shown this certificate; those that are open stay. */
  setCertificate(tls: { cert: string; key: string }): void
  /** Finishes running requests for `graceMs`, then cuts what is left. */
  stop(graceMs: number): Promise<void>
}

/** The port is taken, not allowed, or the address is not this machine's: said in a sentence. */
export class ListenError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'ListenError'
  }
}

/** Tickets off: a resumed session shows no certificate, which peers must see. */
const TLS = { minVersion: 'TLSv1.2', sessionTimeout: 1 } as const

/** The only place that opens a listening socket for HTTP. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const fetch: Fetch = async (request, env) => {
    const response = await options.fetch(request, env)
    const send = directBodyOf(response)
    if (send === undefined || !(env.outgoing instanceof ServerResponse)) return response
    await sendDirectly(response, send, env.outgoing)
    return RESPONSE_ALREADY_SENT
  }
  // It replaces the global `Response` by one that keeps a short text as it is: written with its headers at
  // once, where a web stream takes several turns of the event loop and as much time as a message.
  const handler = getRequestListener(fetch, {
    errorHandler: (error) => {
      options.onError(error)
      return Response.json({ errcode: 'M_UNKNOWN', error: 'Internal server error' }, { status: 500 })
    },
  })
  const onRequest: Parameters<typeof createHttpServer>[1] = (incoming, outgoing) => {
    handler(incoming, outgoing).catch(options.onError)
  }
  const server: Server =
    options.tls === undefined
      ? createHttpServer(onRequest)
      : createHttpsServer({ ...options.tls, ...TLS, ALPNProtocols: ['http/1.1'] }, onRequest)
  server.maxConnections = options.maxConnections
  server.headersTimeout = 20_000
  // Long uploads on slow links are fine; a stalled one is not: the body readers have their own limit.
  server.requestTimeout = 0
  server.keepAliveTimeout = 75_000
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    else socket.destroy()
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, options.address)))
    server.listen({ host: options.address.host, port: options.address.port, ipv6Only: false }, resolve)
  }).catch(async (error: unknown) => {
    // A machine without IPv6 cannot listen on `::`; the same wish on IPv4 is `0.0.0.0`.
    if (options.address.host === '::' && error instanceof ListenError && isNoIpv6(error.cause)) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', (e: NodeJS.ErrnoException) => reject(explain(e, options.address)))
        server.listen({ host: '0.0.0.0', port: options.address.port }, resolve)
      })
      return
    }
    throw error
  })
  server.on('error', options.onError)

  const bound = server.address() as AddressInfo
  return {
    host: bound.address,
    port: bound.port,
    setCertificate(tls) {
      if (server instanceof HttpsServer) server.setSecureContext({ ...tls, ...TLS })
    },
    async stop(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(timer)
    },
  }
}

function isNoIpv6(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'
}

function explain(error: NodeJS.ErrnoException, { host, port }: ListenAddress): ListenError {
  const where = `${host}:${port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError(
        `Port ${port} is already in use (${where}). Stop the other program, or choose another port with --client-listen or --federation-listen.`,
        error,
      )
    case 'EACCES':
      return new ListenError(
        `Not allowed to listen on ${where}. Ports below 1024 need special rights; choose a higher one.`,
        error,
      )
    case 'EADDRNOTAVAIL':
      return new ListenError(`${host} is not an address of this machine.`, error)
    default:
      return new ListenError(`Cannot listen on ${where}: ${error.message}`, error)
  }
}

/** `host:port` with IPv6 in brackets; for URLs. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
