import type { SecureContext } from 'node:tls'
import { encodeUnpaddedBase64 } from '../../core/base64.ts'
import { parseServerName, publicKeyFromServerName } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { ConnectionDeps } from './connections.ts'
import type { DialAttempt, DialOptions } from './dial.ts'
import type { Route } from './resolve-server-name.ts'

const NODE_TIMEOUT_MS = 5_000
const LAN_FIRST_TIMEOUT_MS = 3_000
export const WEB_TIMEOUT_MS = 10_000
export const STAGGER_MS = 250

/** By its key, at a configured address, on the local network, or as the specification resolves its name. */
export type Way = 'node' | 'static' | 'lan' | 'web'

/** The ways to each server, and whom each of them has to lead to. */
export function createWays(
  deps: ConnectionDeps,
  around: {
    readonly route: (server: ServerName) => Promise<Route>
    readonly secureContext: () => SecureContext | undefined
    readonly signal: () => AbortSignal
  },
) {
  /** In the order in which they are tried. */
  function to(server: ServerName): Way[] {
    if (publicKeyFromServerName(server) !== undefined) return ['node']
    if (deps.staticPeers.has(server)) return ['static']
    return deps.candidates(server).length > 0 && deps.knownKeys(server).length > 0 ? ['lan', 'web'] : ['web']
  }

  /** How to dial; asked again for each new connection, as addresses come and go. */
  async function options(server: ServerName, way: Way): Promise<DialOptions> {
    const common = {
      dns: deps.dns,
      allowPrivate: true,
      staggerMs: 0,
      secureContext: undefined,
      signal: around.signal(),
      onAttempt: (attempt: DialAttempt) => deps.observer?.attempted(server, attempt),
    }
    const fixed = deps.staticPeers.get(server)
    if (way === 'node') {
      const key = publicKeyFromServerName(server)
      return {
        ...common,
        targets: [...(fixed === undefined ? [] : [fixed]), ...deps.candidates(server)],
        trust: {
          keys: key === undefined ? [] : [encodeUnpaddedBase64(key)],
          webName: undefined,
          skip: false,
        },
        timeoutMs: NODE_TIMEOUT_MS,
      }
    }
    const keys = deps.knownKeys(server)
    if (way === 'lan') {
      return {
        ...common,
        targets: deps.candidates(server),
        trust: { keys, webName: undefined, skip: false },
        timeoutMs: LAN_FIRST_TIMEOUT_MS,
      }
    }
    const web = { ...common, secureContext: around.secureContext(), timeoutMs: WEB_TIMEOUT_MS }
    if (way === 'static' && fixed !== undefined) {
      const webName = parseServerName(server)?.host.replace(/^\[|\]$/g, '')
      return { ...web, targets: [fixed], trust: { keys, webName, skip: deps.insecureSkipTlsVerify } }
    }
    const found = await around.route(server)
    return {
      ...web,
      targets: found.targets,
      trust: { keys, webName: found.tlsName, skip: deps.insecureSkipTlsVerify },
      allowPrivate: deps.allowPrivateAddresses,
      staggerMs: STAGGER_MS,
    }
  }

  return { to, options }
}
