import { createSecureContext, getCACertificates, type SecureContext, type TLSSocket } from 'node:tls'
import { Client, Pool } from 'undici'
import { parseServerName } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import type { LogItem } from '../../trace/log.ts'
import type { Contacts } from './contacts.ts'
import { dial, DialError } from './dial.ts'
import type { Dns } from './dns.ts'
import { connector, Line } from './line.ts'
import { readText } from './read-body.ts'
import { resolveServerName, type Route, type Target } from './resolve-server-name.ts'
import { createWays, STAGGER_MS, WEB_TIMEOUT_MS, type Way } from './ways.ts'
import { createWellKnown, type HttpGet, type WellKnown } from './well-known.ts'

export interface ConnectionDeps {
  readonly clock: Clock
  readonly random: Random
  readonly dns: Dns
  /** Addresses from the peer table: discovery, invitation links, by hand. Hints, never trusted. */
  readonly candidates: (server: ServerName) => readonly Target[]
  /** Signing keys already known for a domain-named server, unpadded base64. */
  readonly knownKeys: (server: ServerName) => readonly string[]
  /** `--peer`: for this name, and only there. */
  readonly staticPeers: ReadonlyMap<ServerName, Target>
  /** `--tls-ca`, PEM. */
  readonly extraCas: readonly string[]
  readonly insecureSkipTlsVerify: boolean
  readonly allowPrivateAddresses: boolean
  /** A LAN or static address led to this server, and it proved who it is: for the peer table. */
  readonly onConnected?: ((server: ServerName, target: Target) => void) | undefined
  /** Where the specification's way to a name led, and how each address did. */
  readonly observer?: Pick<Contacts, 'routed' | 'attempted'> | undefined
}

/** A pool of connections to one server, and the `Host` header to send over them. */
export interface Connection {
  readonly pool: Pool
  readonly hostHeader: string
}

/** Where a request to a server would go now. */
export interface Whereabouts {
  /** Undefined: no address is known. A name where DNS is to be asked. */
  readonly target: Target | undefined
  readonly hostHeader: string
  /** What has to show that it is the right server: its key, a certificate authority, or nothing. */
  readonly proof: 'key' | 'authority' | 'none'
  /** Of configured authorities beside the usual ones. */
  readonly hasOwnAuthorities: boolean
}

/** What was under way on a connection goes once more, on a new one. */
class StaleError extends Error {
  readonly code = 'ECONNRESET'
  constructor() {
    super('the line was dead meanwhile')
  }
}

export interface Connections {
  /**
   * The ways to reach a server, to be tried in order: a LAN address of a domain-named server comes before
   * its public one. Rejects with `DialError` where there is none. How it was found is a step of `item`.
   */
  to(server: ServerName, item?: LogItem): AsyncIterable<Connection>
  /** Whether a new connection to the server can be made, by any of its ways. */
  reaches(server: ServerName): Promise<boolean>
  /** For people who want to go there by themselves; nothing is dialled. */
  whereIs(server: ServerName): Promise<Whereabouts>
  /** GET of any https URL at a public address, certificate verified, redirects not followed. */
  get: HttpGet
  /** With the configured authorities beside the usual ones; undefined for the usual ones alone. */
  readonly secureContext: () => SecureContext | undefined
  /** Opens a client for one https origin at a public address. */
  webClient(url: URL): Client
  /**
   * The server does not answer any more: what is under way fails now. TCP would repeat it ever more
   * rarely, and so hold up what waits for seconds after the server is back.
   */
  lost(server: ServerName): void
  /** Where the open connections to a server on the LAN lead. */
  targets(server: ServerName): Target[]
  /** Ends those that lead there, and what is under way on them; answers how many there were. */
  leave(server: ServerName, at: Target): number
  /**
   * Ends the connections to a server that were opened before the line to it was dead for a while (`before`, as the
   * clock's `monotonic`): TCP sends again on them ever more rarely, while a new one answers at once.
   */
  leaveOlder(server: ServerName, before: number): void
  /** Sockets from an address that is not among this machine's (without zones) any more lead nowhere. */
  keepThoseFrom(addresses: ReadonlySet<string>): void
  /** Old sockets lead nowhere after a change of network, a suspend, a resume: drops them and what failed. */
  networkChanged(): void
  stop(): Promise<void>
}

const ROUTE_AGE_MS = 5 * 60_000
const MAX_POOLS = 1_000
const CONNECTIONS_PER_SERVER = 8

export function createConnections(deps: ConnectionDeps): Connections {
  const pools = new Map<string, Connection>()
  const sockets = new Map<TLSSocket, { readonly server: ServerName; readonly openedAt: number }>()
  const routes = new Map<ServerName, { route: Route; until: number }>()
  const wellKnown: WellKnown = createWellKnown({ get, clock: deps.clock })
  let contextWithCas: SecureContext | undefined
  let dialling = new AbortController()
  const ways = createWays(deps, { route, secureContext, signal: () => dialling.signal })

  function secureContext(): SecureContext | undefined {
    if (deps.extraCas.length === 0) return undefined
    contextWithCas ??= createSecureContext({
      ca: [...getCACertificates('default'), ...deps.extraCas],
      minVersion: 'TLSv1.2',
    })
    return contextWithCas
  }

  function knownRoute(server: ServerName): Route | undefined {
    const cached = routes.get(server)
    return cached !== undefined && deps.clock.monotonic() < cached.until ? cached.route : undefined
  }

  async function route(server: ServerName): Promise<Route> {
    const cached = knownRoute(server)
    if (cached !== undefined) return cached
    const name = parseServerName(server)
    if (name === undefined) throw new DialError(`${server} is not a server name`)
    const found = await resolveServerName(name, { wellKnown, dns: deps.dns, random: deps.random })
    deps.observer?.routed(server, found)
    if (routes.size >= MAX_POOLS) routes.clear()
    routes.set(server, { route: found, until: deps.clock.monotonic() + ROUTE_AGE_MS })
    return found
  }

  /** The name to ask for, and in the log the way to it (Server-Server API, "Resolving server names"). */
  async function resolve(server: ServerName, way: Way, item: LogItem | undefined): Promise<string> {
    if (way !== 'web') {
      item?.note('resolve', { way })
      return server
    }
    const look = (): Promise<Route> => route(server)
    const step = item?.open('resolve', { way, cached: knownRoute(server) !== undefined })
    const { hostHeader, step: rule } = await (step === undefined ? look() : step.run(look))
    step?.set({ host: hostHeader, step: rule })
    return hostHeader
  }

  async function connection(server: ServerName, way: Way, item?: LogItem): Promise<Connection> {
    const hostHeader = await resolve(server, way, item)
    const id = `${way} ${server} ${hostHeader}`
    let found = pools.get(id)
    if (found === undefined) {
      evictOldest()
      // The URL means nothing: the connector below decides where to go.
      const pool = new Pool('https://matrix.invalid', {
        connections: CONNECTIONS_PER_SERVER,
        pipelining: 1,
        keepAliveTimeout: 30_000,
        keepAliveMaxTimeout: 60_000,
        maxHeaderSize: 16_384,
        factory: (url, options) => new Line(url, options, (item) => open(server, way, item)),
      })
      found = { pool, hostHeader }
    }
    // The order of the map is the order of use.
    pools.delete(id)
    pools.set(id, found)
    return found
  }

  async function open(server: ServerName, way: Way, item?: LogItem): Promise<TLSSocket> {
    try {
      const socket = await dial({ ...(await ways.options(server, way)), item })
      sockets.set(socket, { server, openedAt: deps.clock.monotonic() })
      socket.once('close', () => sockets.delete(socket))
      const { remoteAddress: host, remotePort: port } = socket
      // Public addresses are DNS's business, not the peer table's.
      if (way !== 'web' && host !== undefined && port !== undefined)
        deps.onConnected?.(server, { host, port })
      return socket
    } catch (error) {
      routes.delete(server)
      throw error
    }
  }

  function evictOldest(): void {
    if (pools.size < MAX_POOLS) return
    for (const [id, { pool }] of pools) {
      if (pool.stats.running + pool.stats.pending + pool.stats.queued > 0) continue
      pools.delete(id)
      pool.close().catch(() => undefined)
      return
    }
  }

  function webClient(url: URL): Client {
    const hostname = url.hostname.replace(/^\[|\]$/g, '')
    return new Client(url.origin, {
      maxHeaderSize: 16_384,
      connect: connector(() =>
        dial({
          dns: deps.dns,
          targets: [{ host: hostname, port: url.port === '' ? 443 : Number(url.port) }],
          trust: { keys: [], webName: hostname, skip: deps.insecureSkipTlsVerify },
          secureContext: secureContext(),
          allowPrivate: deps.allowPrivateAddresses,
          staggerMs: STAGGER_MS,
          timeoutMs: WEB_TIMEOUT_MS,
          signal: dialling.signal,
        }),
      ),
    })
  }

  async function get(url: URL, maxBytes: number, signal: AbortSignal): ReturnType<HttpGet> {
    const client = webClient(url)
    try {
      const answer = await client.request({
        method: 'GET',
        path: url.pathname + url.search,
        headers: { accept: 'application/json' },
        signal,
      })
      const headers = new Map<string, string>()
      for (const [name, value] of Object.entries(answer.headers)) {
        if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
      }
      const redirect = answer.statusCode >= 300 && answer.statusCode < 400
      return {
        status: answer.statusCode,
        headers,
        body: redirect ? '' : await readText(answer.body, maxBytes),
      }
    } finally {
      client.destroy().catch(() => undefined)
    }
  }

  function dropPools(): Promise<void>[] {
    dialling.abort(new DialError('given up, as the network changed or the node stops'))
    dialling = new AbortController()
    const dropped = [...pools.values()].map(({ pool }) => pool.destroy())
    pools.clear()
    return dropped
  }

  return {
    async *to(server, item) {
      for (const way of ways.to(server)) yield connection(server, way, item)
    },
    async reaches(server) {
      for (const way of ways.to(server)) {
        try {
          const socket = await open(server, way)
          socket.destroy()
          return true
        } catch (error) {
          if (!(error instanceof DialError)) throw error
        }
      }
      return false
    },
    async whereIs(server) {
      const [way = 'web'] = ways.to(server)
      const { targets, trust } = await ways.options(server, way)
      return {
        target: targets[0],
        hostHeader: way === 'web' ? (await route(server)).hostHeader : server,
        proof: trust.webName === undefined ? 'key' : trust.skip ? 'none' : 'authority',
        hasOwnAuthorities: deps.extraCas.length > 0,
      }
    },
    get,
    secureContext,
    webClient,
    lost(server) {
      routes.delete(server)
      for (const [id, { pool }] of pools) {
        if (id.split(' ')[1] !== server) continue
        pools.delete(id)
        pool.destroy().catch(() => undefined)
      }
    },
    targets(server) {
      return [...sockets].flatMap(([socket, of]) => {
        const target = of.server === server ? targetOf(socket) : undefined
        return target === undefined ? [] : [target]
      })
    },
    leave(server, at) {
      let left = 0
      for (const [socket, of] of sockets) {
        const target = of.server === server ? targetOf(socket) : undefined
        if (target === undefined || !isSameTarget(target, at)) continue
        socket.destroy(new DialError(`${at.host} takes no calls any more, and another address does`))
        left += 1
      }
      return left
    },
    leaveOlder(server, before) {
      for (const [socket, of] of sockets)
        if (of.server === server && of.openedAt < before) socket.destroy(new StaleError())
    },
    keepThoseFrom(addresses) {
      for (const socket of sockets.keys()) {
        const own = plainAddress(socket.localAddress)
        if (own !== undefined && !isLoopbackAddress(own) && !addresses.has(own))
          socket.destroy(new DialError('the address of this machine that it was sent from is gone'))
      }
    },
    networkChanged() {
      wellKnown.forgetFailures()
      routes.clear()
      for (const drop of dropPools()) drop.catch(() => undefined)
    },
    async stop() {
      await Promise.allSettled(dropPools())
    },
  }
}

function targetOf({ remoteAddress: host, remotePort: port }: TLSSocket): Target | undefined {
  return host === undefined || port === undefined ? undefined : { host, port }
}

/** The system tells the addresses of connections without their zone. */
export function isSameTarget(a: Target, b: Target): boolean {
  return a.port === b.port && plainAddress(a.host) === plainAddress(b.host)
}

/** Without a zone, and not as IPv4 in IPv6. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/, '')
}

/** All of 127.0.0.0/8 is this machine, though it lists only one of them. */
function isLoopbackAddress(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
