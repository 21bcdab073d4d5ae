import type { ServerName } from './core/types.ts'

/**
 * What a node is started with: defaults, under `settings.json`, under the command line. The keys of
 * `settings.json` are the option names in snake case (`client_listen`, `allow_domain`, …).
 */
export interface NodeConfig {
  readonly dataDir: string
  /** Only for the first start; undefined derives the name from the key. */
  readonly serverName: string | undefined
  readonly clientListen: ListenAddress
  readonly federationListen: ListenAddress
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  /** Where the two came from. */
  readonly tlsFiles?: { readonly cert: string; readonly key: string } | undefined
  readonly tlsCa: readonly string[]
  readonly insecureSkipTlsVerify: boolean
  readonly peers: readonly { serverName: ServerName; address: string }[]
  readonly mdns: boolean
  /** Names of the interfaces to discover on; empty: all that lead to a network of people. */
  readonly interfaces: readonly string[]
  readonly registration: 'open' | 'token' | 'closed'
  readonly allowDomains: readonly string[]
  readonly denyDomains: readonly string[]
  readonly allowPrivateAddresses: boolean
  /** Bytes; undefined is unlimited. */
  readonly maxUploadSize: number | undefined
  /** Bytes of other servers' files that are kept; undefined is unlimited. */
  readonly maxRemoteMediaCache: number | undefined
  readonly wellKnownServer: string | undefined
  readonly wellKnownClient: string | undefined
  readonly trustedKeyServers: readonly ServerName[]
  readonly registrationSharedSecret: string | undefined
  readonly rateLimits: boolean
  /** Folder of the built renderer, for browser mode; undefined serves none. */
  readonly rendererDir: string | undefined
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}
