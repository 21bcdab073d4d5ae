import type { NodeConfig } from './config.ts'
import { listen, urlHost, type Fetch, type Listener } from './http/listener.ts'
import type { LanInterface } from './federation/discovery/index.ts'
import { addressesOf } from './own-addresses.ts'
import type { Logger } from './trace/log.ts'

const MAX_CONNECTIONS = 2000
const GRACE_MS = 1500

/** Where clients and other servers come in. All of it may be asked before the start, and has no answer then. */
export interface NodeListeners {
  open(parts: {
    readonly client: Fetch
    readonly federation: Fetch
    readonly tls: { cert: string; key: string } | undefined
  }): Promise<{ readonly federationPort: number }>
  /** Undefined before the start. */
  federation(): Listener | undefined
  /** `host:port` on each network on which other servers come in. */
  readonly addresses: () => string[]
  /** Throw before the start. */
  clientUrl(): string
  federationUrl(): string
  stop(): Promise<void>
}

export function createNodeListeners(
  { clientListen, federationListen }: NodeConfig,
  interfaces: () => readonly LanInterface[],
  log: Logger,
): NodeListeners {
  let client: Listener | undefined
  let federation: Listener | undefined
  const onError = (error: unknown): void => log.note('listener error', { error: String(error) }, 'warn')
  const required = (what: Listener | undefined): Listener => {
    if (what === undefined) throw new Error('The node is not started')
    return what
  }
  return {
    async open({ client: toClients, federation: toServers, tls }) {
      const limits = { maxConnections: MAX_CONNECTIONS, onError }
      client = await listen({ ...limits, address: clientListen, fetch: toClients })
      federation = await listen({ ...limits, address: federationListen, fetch: toServers, tls })
      return { federationPort: federation.port }
    },
    federation: () => federation,
    addresses: () => (federation === undefined ? [] : addressesOf(federation, interfaces)),
    clientUrl() {
      const { host, port } = required(client)
      const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
      return `http://${urlHost(reachable)}:${port}`
    },
    federationUrl() {
      const { host, port } = required(federation)
      return `https://${urlHost(host)}:${port}`
    },
    async stop() {
      await Promise.all([client?.stop(GRACE_MS), federation?.stop(GRACE_MS)])
    },
  }
}
