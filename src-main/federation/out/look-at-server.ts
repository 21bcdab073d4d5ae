import type { SecureContext } from 'node:tls'
import { isIP } from 'node:net'
import type { ParsedServerName } from '../../core/ids.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import { isPublicAddress } from './addresses.ts'
import type { Dns, SrvRecord } from './dns.ts'
import type { Probe, RunProbe } from './probe.ts'
import { resolveServerName, type Route } from './resolve-server-name.ts'
import { createWellKnown, type HttpGet } from './well-known.ts'

export const VERSION_PATH = '/_matrix/federation/v1/version'
export const KEYS_PATH = '/_matrix/key/v2/server'

export interface LookDeps {
  readonly get: HttpGet
  readonly dns: Dns
  readonly probe: RunProbe
  readonly clock: Clock
  readonly random: Random
  readonly secureContext: () => SecureContext | undefined
  /** Private and loopback addresses are not dialled unless this is set. */
  readonly allowPrivate: boolean
}

/** What another server finds when it goes the whole way to a name, afresh. */
export interface Look {
  readonly name: ParsedServerName
  /** Of the last answer to `.well-known`: its status, or why there was none; undefined where nobody asks. */
  readonly wellKnown: { readonly said: number | string; readonly delegated: string | undefined } | undefined
  /** Look-ups of SRV records, in order; undefined where nobody asks. */
  readonly srv: readonly { name: string; found: readonly SrvRecord[] | string }[] | undefined
  readonly route: Route
  readonly addresses: readonly { host: string; port: number; isPrivate: boolean }[]
  /** Why the names of the route have no address. */
  readonly addressProblem: string | undefined
  readonly probes: readonly Probe[]
}

const MAX_ADDRESSES = 4

/**
 * Server-Server API, "Resolving server names", from the start and without caches, then a connection to each
 * address that this led to. Bounded in what it dials; never rejects for what it finds.
 */
export async function lookAtServer(
  name: ParsedServerName,
  deps: LookDeps,
  /** Told of each part as soon as it is known. */
  onPart: (part: Partial<Look>) => void = () => undefined,
): Promise<Look> {
  let said: number | string | undefined
  const srv: { name: string; found: readonly SrvRecord[] | string }[] = []
  const wellKnown = createWellKnown({
    clock: deps.clock,
    async get(url, maxBytes, signal) {
      try {
        const answer = await deps.get(url, maxBytes, signal)
        said = answer.status
        return answer
      } catch (error) {
        said = messageOf(error)
        throw error
      }
    },
  })
  let delegated: string | undefined
  const route = await resolveServerName(name, {
    random: deps.random,
    wellKnown: {
      ...wellKnown,
      async lookUp(host) {
        const found = await wellKnown.lookUp(host)
        delegated = found?.serverName
        if (said !== undefined) onPart({ wellKnown: { said, delegated } })
        return found
      },
    },
    dns: {
      ...deps.dns,
      async srv(record) {
        try {
          const found = await deps.dns.srv(record)
          srv.push({ name: record, found })
          return found
        } catch (error) {
          srv.push({ name: record, found: messageOf(error) })
          throw error
        }
      },
    },
  })

  onPart({ srv: srv.length === 0 ? undefined : srv, route })
  const addresses: { host: string; port: number; isPrivate: boolean }[] = []
  let addressProblem: string | undefined
  for (const target of route.targets.slice(0, 8)) {
    try {
      const hosts = isIP(target.host) === 0 ? await deps.dns.addresses(target.host) : [target.host]
      if (hosts.length === 0) addressProblem = `${target.host} has no address`
      for (const host of hosts) {
        addresses.push({ host, port: target.port, isPrivate: !isPublicAddress(host) })
      }
    } catch (error) {
      addressProblem = `${target.host}: ${messageOf(error)}`
    }
  }
  onPart({ route, addresses, addressProblem })
  const dialled = addresses.filter((each) => deps.allowPrivate || !each.isPrivate).slice(0, MAX_ADDRESSES)
  const probes = await Promise.all(
    dialled.map((target) =>
      deps.probe({
        target,
        tlsName: route.tlsName,
        hostHeader: route.hostHeader,
        paths: [VERSION_PATH, KEYS_PATH],
        secureContext: deps.secureContext(),
      }),
    ),
  )
  return {
    name,
    wellKnown: said === undefined ? undefined : { said, delegated },
    srv: srv.length === 0 ? undefined : srv,
    route,
    addresses,
    addressProblem,
    probes,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
