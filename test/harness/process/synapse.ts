import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { CertificateAuthority, TestHost } from './certificates.ts'
import { Child } from './child.ts'
import { freePort, scratchFolder } from './scratch.ts'
import { synapsePython } from './synapse-environment.ts'
import { until } from './wait.ts'

export interface SynapseOptions {
  readonly label?: string
  /** Its name without the port; default `localhost`. */
  readonly host?: TestHost
  /** Trusted for outgoing federation; its server certificate is also the one Synapse presents. */
  readonly certificates: CertificateAuthority
  /** Off by default, so that a benchmark measures messages alone. */
  readonly presence?: boolean
  /** Names of servers that it believes about the keys of others. */
  readonly trustedKeyServers?: readonly string[]
  /** Where its files are; a Synapse that was made there before is started again. Default: gone with the test. */
  readonly folder?: string
}

/** A running Synapse: SQLite, federation over TLS on its own port, clients over plain HTTP. */
export class SynapseProcess {
  readonly serverName: string
  readonly clientUrl: string
  readonly folder: string
  readonly registrationSecret: string
  startedInMs = 0
  private readonly python: string
  private readonly label: string
  private readonly caFile: string
  private child: Child | undefined

  constructor(fields: {
    serverName: string
    clientUrl: string
    folder: string
    secret: string
    python: string
    label: string
    caFile: string
  }) {
    this.serverName = fields.serverName
    this.clientUrl = fields.clientUrl
    this.folder = fields.folder
    this.registrationSecret = fields.secret
    this.python = fields.python
    this.label = fields.label
    this.caFile = fields.caFile
  }

  get pid(): number {
    return this.child?.pid ?? -1
  }

  /** The end of Synapse's own log, for a failing test. */
  get log(): string {
    return readFileSync(join(this.folder, 'homeserver.log'), 'utf8').slice(-20_000)
  }

  async start(): Promise<void> {
    const startedAt = performance.now()
    const child = new Child({
      label: `synapse ${this.label}`,
      command: this.python,
      args: ['-m', 'synapse.app.homeserver', '--config-path', join(this.folder, 'homeserver.yaml')],
      cwd: this.folder,
      // Whom it asks over plain HTTPS, such as an identity server, it trusts by what the system does.
      env: { SSL_CERT_FILE: this.caFile },
    })
    this.child = child
    await until(
      `Synapse answers on ${this.clientUrl}`,
      async () => {
        if (!child.running) return 'ended'
        return (await fetch(`${this.clientUrl}/_matrix/client/versions`)).ok
      },
      60_000,
      10,
    )
    if (!child.running) throw child.failure('ended before it was ready')
    this.startedInMs = performance.now() - startedAt
  }

  async stop(): Promise<void> {
    await this.child?.stop(20_000)
  }

  async kill(): Promise<void> {
    await this.child?.kill()
  }
}

/** Makes a configuration and starts Synapse on it. */
export async function startSynapse(options: SynapseOptions): Promise<SynapseProcess> {
  const python = await synapsePython()
  const folder = options.folder ?? scratchFolder('synapse')
  if (existsSync(join(folder, 'homeserver.yaml'))) return await startKnown(folder, python, options.label)
  const [clientPort, federationPort] = [await freePort(), await freePort()]
  const secret = randomBytes(16).toString('hex')
  const serverName = `${options.host ?? 'localhost'}:${federationPort}`
  const config = homeserverConfig({
    serverName,
    clientPort,
    federationPort,
    folder,
    secret,
    certificates: options.certificates,
    presence: options.presence ?? false,
    trustedKeyServers: options.trustedKeyServers ?? [],
  })
  // JSON is YAML, so no YAML writer is needed.
  writeFileSync(join(folder, 'homeserver.yaml'), JSON.stringify(config, undefined, 2))
  writeFileSync(join(folder, 'log.yaml'), JSON.stringify(logConfig(folder)))
  const seed = randomBytes(32).toString('base64').replace(/=+$/, '')
  writeFileSync(join(folder, 'signing.key'), `ed25519 a_test ${seed}\n`)
  const label = options.label ?? serverName
  const clientUrl = `http://127.0.0.1:${clientPort}`
  const { caFile } = options.certificates
  const synapse = new SynapseProcess({ serverName, clientUrl, folder, secret, python, label, caFile })
  await synapse.start()
  return synapse
}

async function startKnown(folder: string, python: string, label?: string): Promise<SynapseProcess> {
  const config = z
    .object({
      server_name: z.string(),
      registration_shared_secret: z.string(),
      federation_custom_ca_list: z.tuple([z.string()]),
      listeners: z.array(z.object({ port: z.number() })).min(1),
    })
    .parse(JSON.parse(readFileSync(join(folder, 'homeserver.yaml'), 'utf8')))
  const synapse = new SynapseProcess({
    serverName: config.server_name,
    clientUrl: `http://127.0.0.1:${config.listeners[0]?.port}`,
    folder,
    secret: config.registration_shared_secret,
    python,
    label: label ?? config.server_name,
    caFile: config.federation_custom_ca_list[0],
  })
  await synapse.start()
  return synapse
}

interface ConfigFacts {
  serverName: string
  clientPort: number
  federationPort: number
  folder: string
  secret: string
  certificates: CertificateAuthority
  presence: boolean
  trustedKeyServers: readonly string[]
}

function homeserverConfig(facts: ConfigFacts): object {
  const unlimited = { per_second: 100_000, burst_count: 100_000 }
  const at = (name: string) => join(facts.folder, name)
  return {
    server_name: facts.serverName,
    pid_file: at('homeserver.pid'),
    report_stats: false,
    suppress_key_server_warning: true,
    trusted_key_servers: facts.trustedKeyServers.map((server_name) => ({ server_name })),
    database: { name: 'sqlite3', args: { database: at('homeserver.db') } },
    log_config: at('log.yaml'),
    media_store_path: at('media'),
    signing_key_path: at('signing.key'),
    macaroon_secret_key: randomBytes(16).toString('hex'),
    form_secret: randomBytes(16).toString('hex'),
    registration_shared_secret: facts.secret,
    tls_certificate_path: facts.certificates.certFile,
    tls_private_key_path: facts.certificates.keyFile,
    federation_custom_ca_list: [facts.certificates.caFile],
    federation_ip_range_blacklist: [],
    ip_range_whitelist: ['127.0.0.0/8'],
    listeners: [
      listener(facts.clientPort, false, 'client'),
      listener(facts.federationPort, true, 'federation'),
    ],
    // A peer that was stopped by a test is tried again at once, not after ten minutes.
    federation: {
      ...{ destination_min_retry_interval: 200, destination_max_retry_interval: 2000 },
      // Within one attempt it would otherwise sleep up to a minute, and nothing wakes it.
      ...{ max_long_retry_delay: 200, max_short_retry_delay: 200, max_long_retries: 3 },
    },
    filter_timeline_limit: 10_000,
    default_room_version: '12',
    presence: { enabled: facts.presence },
    allow_public_rooms_over_federation: true,
    room_list_publication_rules: [{ action: 'allow' }],
    max_upload_size: '1G',
    remote_media_download_burst_count: '100G',
    remote_media_download_per_second: '10G',
    // Strong hashes of test passwords only cost time.
    bcrypt_rounds: 4,
    rc_message: unlimited,
    rc_registration: unlimited,
    rc_admin_redaction: unlimited,
    rc_room_creation: unlimited,
    rc_user_directory: unlimited,
    rc_login: { address: unlimited, account: unlimited, failed_attempts: unlimited },
    rc_joins: { local: unlimited, remote: unlimited },
    rc_joins_per_room: unlimited,
    rc_presence: { per_user: unlimited },
    rc_invites: { per_room: unlimited, per_user: unlimited, per_issuer: unlimited },
    rc_federation: {
      window_size: 1000,
      sleep_limit: 100_000,
      sleep_delay: 1,
      reject_limit: 100_000,
      concurrent: 100,
    },
  }
}

function listener(port: number, tls: boolean, resource: string): object {
  return {
    port,
    tls,
    type: 'http',
    bind_addresses: ['127.0.0.1'],
    resources: [{ names: [resource], compress: false }],
  }
}

function logConfig(folder: string): object {
  return {
    version: 1,
    formatters: { plain: { format: '%(asctime)s %(name)s %(levelname)s %(request)s %(message)s' } },
    handlers: {
      file: { class: 'logging.FileHandler', formatter: 'plain', filename: join(folder, 'homeserver.log') },
    },
    root: { level: process.env['HEARTH_SYNAPSE_LOG'] ?? 'WARNING', handlers: ['file'] },
    disable_existing_loggers: false,
  }
}
