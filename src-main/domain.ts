import type { DomainCare, WellKnownAnswers } from './client-api/ports.ts'
import type { NodeConfig } from './config.ts'
import { publicKeyFromServerName } from './core/ids.ts'
import type { KeyId, ServerName } from './core/types.ts'
import { SERVER_KEYS_VALID_MS } from './federation/in/server-keys.ts'
import type { OldKey } from './federation/out/key-ring.ts'
import { createNodeCertificate } from './federation/tls/create-certificate.ts'
import { MatrixError } from './http/errors.ts'
import type { Identity } from './storage/documents/identity.ts'
import type { SettingsDocument } from './storage/documents/settings.ts'
import type { Clock, Random } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

interface DomainParts {
  readonly config: NodeConfig
  readonly settings: SettingsDocument
  readonly identity: Identity
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  /** The servers in each room of this server's users. */
  readonly serversOfRooms: () => readonly (readonly ServerName[])[]
  /** Shown to new connections from now on. */
  readonly useCertificate: (tls: { cert: string; key: string }) => void
}

export interface Domain {
  /** Keys that this server no longer signs with. */
  readonly oldKeys: () => OldKey[]
  /** Servers that share a room with it and with us, in no order. */
  readonly neighboursOf: (server: ServerName) => ServerName[]
  readonly wellKnown: WellKnownAnswers
  /** Published keys are made anew, so that whoever has them has just come for them. */
  readonly keysFreshSince: () => number
  /** The same, from now on; until when they are valid then. */
  readonly renewKeys: () => number
  readonly wellKnownServer: () => string | undefined
  readonly rotateKey: DomainCare['rotateKey']
}

/** What belongs to having a domain name. */
export function createDomain(parts: DomainParts): Domain {
  const { config, settings, identity, log } = parts
  const { serverName, signer } = identity

  /** The command line goes over the file, until that is changed while the node runs. */
  function live(key: 'well_known_server' | 'well_known_client', started: string | undefined) {
    const atStart = settings.data[key]
    return () => (settings.data[key] === atStart ? started : settings.data[key])
  }
  const server = live('well_known_server', config.wellKnownServer)
  let freshSince = 0
  const client = live('well_known_client', config.wellKnownClient)

  return {
    oldKeys: () =>
      Object.entries(identity.oldVerifyKeys).map(([keyId, old]) => ({
        keyId: keyId as KeyId,
        publicKey: old.key,
        expiredTs: old.expired_ts,
      })),

    neighboursOf(server) {
      const all = new Set(parts.serversOfRooms().flatMap((each) => (each.includes(server) ? each : [])))
      return [...all]
        .map((name) => ({ name, at: parts.random.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ name }) => name)
    },

    keysFreshSince: () => freshSince,
    renewKeys() {
      freshSince = parts.clock.now()
      return freshSince + SERVER_KEYS_VALID_MS
    },
    wellKnownServer: server,

    wellKnown: {
      server() {
        const name = server()
        return name === undefined ? undefined : { 'm.server': name }
      },
      client() {
        const base = client()
        return base === undefined ? undefined : { 'm.homeserver': { base_url: base } }
      },
    },

    async rotateKey() {
      if (publicKeyFromServerName(serverName) !== undefined) {
        throw new MatrixError(
          400,
          'M_FORBIDDEN',
          'The key of this server is its name, so it cannot be exchanged. Only a server with a domain name can have a new key.',
        )
      }
      const before = signer.keyId
      identity.rotateKey()
      log.note('the signing key was exchanged', { before, now: signer.keyId }, 'warn')
      if (config.tlsCert === undefined) {
        // The one before carries the old key's signature.
        const tls = await createNodeCertificate(signer)
        identity.setTls(tls)
        parts.useCertificate(tls)
      }
      return { key_id: signer.keyId, old_key_ids: Object.keys(identity.oldVerifyKeys) }
    },
  }
}
