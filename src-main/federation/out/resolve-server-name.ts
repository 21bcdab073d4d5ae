import type { ParsedServerName } from '../../core/ids.ts'
import type { Random } from '../../trace/clock.ts'
import type { Dns, SrvRecord } from './dns.ts'
import type { WellKnown } from './well-known.ts'

export interface Target {
  /** Host name or IP address (IPv6 without brackets). */
  readonly host: string
  readonly port: number
}

/** Where a domain-named server is, what to call it, and whose certificate to expect. */
export interface Route {
  /** In the order to try them. */
  readonly targets: readonly Target[]
  readonly hostHeader: string
  /** Host name or IP address that the certificate must be valid for. */
  readonly tlsName: string
  /** The step of the specification that led here, for people who debug. */
  readonly step: string
}

export interface ResolverDeps {
  readonly wellKnown: WellKnown
  readonly dns: Dns
  readonly random: Random
}

const DEFAULT_PORT = 8448

/** Server-Server API, "Resolving server names"; the numbers are that section's steps. */
export async function resolveServerName(name: ParsedServerName, deps: ResolverDeps): Promise<Route> {
  // 1. An IP literal.
  if (name.isIpLiteral) return ipRoute(name, '1')
  // 2. An explicit port.
  if (name.port !== undefined) return portRoute(name, name.port, '2')
  // 3. `.well-known`.
  const delegated = await deps.wellKnown.lookUp(name.host)
  if (delegated === undefined) {
    // 4. to 6. The same look-ups with the host name itself.
    return srvRoute(name.host, ['4', '5', '6'], deps)
  }
  if (delegated.isIpLiteral) return ipRoute(delegated, '3.1')
  if (delegated.port !== undefined) return portRoute(delegated, delegated.port, '3.2')
  return srvRoute(delegated.host, ['3.3', '3.4', '3.5'], deps)
}

function ipRoute(name: ParsedServerName, step: string): Route {
  const host = name.host.replace(/^\[|\]$/g, '')
  return {
    targets: [{ host, port: name.port ?? DEFAULT_PORT }],
    hostHeader: name.serverName,
    tlsName: host,
    step,
  }
}

function portRoute(name: ParsedServerName, port: number, step: string): Route {
  return { targets: [{ host: name.host, port }], hostHeader: name.serverName, tlsName: name.host, step }
}

async function srvRoute(
  host: string,
  steps: readonly [string, string, string],
  { dns, random }: ResolverDeps,
): Promise<Route> {
  for (const [service, step] of [
    ['_matrix-fed', steps[0]],
    ['_matrix', steps[1]],
  ] as const) {
    const records = await dns.srv(`${service}._tcp.${host}`).catch((): SrvRecord[] => [])
    const targets = orderSrv(records, random).map((record) => ({ host: record.name, port: record.port }))
    if (targets.length > 0) return { targets, hostHeader: host, tlsName: host, step }
  }
  return { targets: [{ host, port: DEFAULT_PORT }], hostHeader: host, tlsName: host, step: steps[2] }
}

/** RFC 2782: by priority, and among equals at random by weight. A target "." says: not here. */
function orderSrv(records: readonly SrvRecord[], random: Random): SrvRecord[] {
  return records
    .filter((record) => record.name !== '' && record.name !== '.' && record.port > 0)
    .slice(0, 32)
    .map((record) => ({ record, draw: random.next() ** (1 / Math.max(record.weight, 0.1)) }))
    .sort((a, b) => a.record.priority - b.record.priority || b.draw - a.draw)
    .map(({ record }) => record)
}
