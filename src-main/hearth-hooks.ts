import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { HearthHooks } from './client-api/context.ts'
import type { AccountStore } from './client-api/ports.ts'
import { asServerName } from './core/ids.ts'
import type { JsonObject, ServerName, UserId } from './core/types.ts'
import type { PeerTable } from './federation/discovery/index.ts'
import type { Outbox } from './federation/out/outbox.ts'
import type { RefusingServers } from './federation/out/refusing-servers.ts'
import { invalidParam, MatrixError } from './http/errors.ts'
import type { InterfaceChoice } from './interface-choice.ts'
import type { LiveSettings } from './live-settings.ts'
import type { NetworkProblem } from './network-problems.ts'
import type { DomainPolicy } from './domain-policy.ts'
import { OptionError, parsePeer } from './options.ts'
import { backupDatabase } from './storage/backup.ts'
import type { Database } from './storage/database.ts'
import { encryptIdentity, IdentityBackupError } from './storage/identity-backup.ts'
import { DocumentError } from './storage/documents/document.ts'
import type { SettingsDocument } from './storage/documents/settings.ts'
import type { Clock } from './trace/clock.ts'
import { ZodError } from 'zod'

interface HookParts {
  readonly db: Database
  readonly dataDir: string
  readonly settings: SettingsDocument
  readonly peers: PeerTable
  readonly outbox: Outbox
  readonly refusing: Pick<RefusingServers, 'list'>
  readonly clock: Clock
  readonly serverName: ServerName
  readonly accounts: AccountStore
  readonly owner: UserId
  readonly createLoginToken: () => string
  /** The identity's document, with its key. */
  readonly exportIdentity: () => object
  readonly live: LiveSettings
  readonly policy: DomainPolicy
  readonly interfaces: Pick<InterfaceChoice, 'names' | 'list'>
  /** False where discovery is turned off. */
  readonly discovers: boolean
  /** The name under which nearby people see this node changed. */
  readonly nearbyChanged: () => void
  readonly networkProblems: () => readonly NetworkProblem[]
  /** `host:port` of the federation listener as others on the network reach it. */
  readonly addresses: () => readonly string[]
}

/** The private API's view of the node. */
export function createHearthHooks(parts: HookParts): HearthHooks {
  const { db, dataDir, settings, peers, outbox, clock } = parts
  const shown = (): JsonObject => {
    // The secret would let whoever reads the answer create accounts.
    const { registration_shared_secret: secret, ...rest } = settings.data
    const problem = parts.live.problem()
    return {
      visible_nearby: false,
      link_previews: true,
      presence: 'lan',
      trace: 'disk',
      ...(rest as JsonObject),
      // As they count now: the command line may have given them.
      allow_domain: [...parts.policy.rules.allow],
      deny_domain: [...parts.policy.rules.deny],
      interface: [...parts.interfaces.names],
      restart_needed: parts.live.restartNeeded(),
      ...(problem === undefined ? {} : { problem }),
      ...(secret === undefined ? {} : { registration_shared_secret: true }),
      addresses: [...parts.addresses()],
    }
  }
  return {
    peers: () =>
      peers.list().map((peer) => ({
        server_name: peer.server_name,
        display_name: peer.display_name ?? null,
        fingerprint: peer.fingerprint,
        source: peer.source,
        addresses: [...peer.addresses],
        reachable: peer.reachable,
        allowed: parts.policy.allowed(peer.server_name),
        last_seen_ts: peer.last_seen_ts ?? null,
        queued_events: outbox.queuedFor(peer.server_name),
      })),
    addPeer({ serverName, address }) {
      const name = asServerName(serverName)
      if (name === undefined) throw invalidParam(`server_name: "${serverName}" is not a server name.`)
      try {
        parsePeer(`${serverName}=${address}`, 'address')
      } catch (error) {
        if (error instanceof OptionError)
          throw invalidParam('address: give host:port, for example 192.168.1.7:8448.')
        throw error
      }
      const at = address.lastIndexOf(':')
      peers.learn(
        name,
        { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) },
        'link',
      )
      outbox.resetBackoff(name)
    },
    networkProblems: () => parts.networkProblems().map((problem) => ({ ...problem })),
    interfaces: () => ({
      discovery: parts.discovers,
      interfaces: parts.interfaces.list().map((each) => ({ ...each, addresses: [...each.addresses] })),
    }),
    serverAllowed: parts.policy.allowed,
    deniedBy: () => parts.refusing.list(),
    createLoginToken: parts.createLoginToken,
    getSettings: shown,
    patchSettings(patch) {
      const change: Record<string, unknown> = {}
      for (const [key, value] of Object.entries(patch)) {
        // The display name is the owner's profile, not a setting.
        if (key === 'display_name') continue
        // What the node finds out by itself.
        if (key === 'addresses' || key === 'restart_needed' || key === 'problem') continue
        if (key === 'server_name')
          throw invalidParam('server_name: a data folder keeps one server name for ever.')
        change[key] = value === null ? undefined : value
      }
      try {
        parts.live.update(change)
      } catch (error) {
        if (error instanceof OptionError) throw invalidParam(error.message)
        if (error instanceof DocumentError) throw new MatrixError(409, 'M_UNKNOWN', error.message)
        if (error instanceof ZodError) {
          const issue = error.issues[0]
          throw invalidParam(`${issue?.path.join('.') ?? 'settings'}: ${issue?.message ?? 'wrong value'}`)
        }
        throw error
      }
      return shown()
    },
    setNearbyName: () => parts.nearbyChanged(),
    storage() {
      const size = (file: string): number =>
        statSync(join(dataDir, file), { throwIfNoEntry: false })?.size ?? 0
      return {
        data_dir: dataDir,
        database_bytes: size('hearth.db') + size('hearth.db-wal'),
        media_bytes: folderSize(join(dataDir, 'media')),
        events: Number(db.get('SELECT count(*) AS n FROM events')?.['n'] ?? 0),
      }
    },
    async backup() {
      const path = join(
        dataDir,
        'backups',
        `hearth-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}.db`,
      )
      await backupDatabase(db, path)
      return { path, bytes: statSync(path).size }
    },
    async backupIdentity(passphrase) {
      try {
        return await encryptIdentity(parts.exportIdentity(), passphrase)
      } catch (error) {
        if (error instanceof IdentityBackupError) throw invalidParam(error.message)
        throw error
      }
    },
  }
}

function folderSize(dir: string): number {
  let total = 0
  // Made with the first file.
  if (!existsSync(dir)) return 0
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isFile())
      total += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return total
}
