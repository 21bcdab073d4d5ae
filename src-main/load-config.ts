import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'
import { pairProblem } from './certificate-files.ts'
import type { NodeConfig } from './config.ts'
import { isServerName } from './core/ids.ts'
import type { ServerName } from './core/types.ts'
import { isLoopback } from './http/loopback-guard.ts'
import {
  asOptions,
  checkOptions,
  OptionError,
  parseListen,
  parsePeer,
  parseSize,
  type Options,
} from './options.ts'
import { openDataDir, type DataDir } from './storage/data-dir.ts'
import { openSettings, settingsWarnings, type SettingsDocument } from './storage/documents/settings.ts'

export interface LoadedConfig {
  readonly config: NodeConfig
  readonly dataDir: DataDir
  readonly settings: SettingsDocument
  /** Sentences to be shown at start. */
  readonly warnings: readonly string[]
}

/** Defaults, under `settings.json` of the data folder, under the command line. Locks the folder. */
export function loadConfig(commandLine: Options): LoadedConfig {
  const dataDir = openDataDir(commandLine.data_dir ?? envPaths('hearth', { suffix: '' }).data)
  try {
    const settings = openSettings(dataDir.path)
    const stored = asOptions(settings.data)
    checkOptions(stored, (key) => `"${key}" in ${settings.path}`)
    const options = { ...(stored as Options), ...commandLine }
    const warnings = settingsWarnings(settings)
    if (dataDir.wasOpenToOthers)
      warnings.push(`${dataDir.path} was readable by other users of this machine; it no longer is.`)
    const config = toConfig(options, dataDir.path)
    if (config.insecureSkipTlsVerify)
      warnings.push(
        'Certificates of domain-named servers are NOT verified (--insecure-skip-tls-verify). Only for tests.',
      )
    if (!config.rateLimits)
      warnings.push('Rate limits are off (--no-rate-limits). Only for benchmarks and tests.')
    if (!isLoopback(config.clientListen.host)) {
      warnings.push(
        `The Client-Server API listens on ${config.clientListen.host}, without TLS: passwords and messages can be read on the way. Put a TLS proxy in front.`,
      )
    }
    return { config, dataDir, settings, warnings }
  } catch (error) {
    dataDir.close()
    throw error
  }
}

function toConfig(options: Options, dataDir: string): NodeConfig {
  const serverName = options.server_name
  if (serverName !== undefined && !isServerName(serverName)) {
    throw new OptionError(`--server-name must be a domain or host:port, not "${serverName}".`)
  }
  return {
    dataDir,
    serverName: serverName as ServerName | undefined,
    clientListen: parseListen(options.client_listen ?? '127.0.0.1:8008', '--client-listen'),
    federationListen: parseListen(options.federation_listen ?? '[::]:8448', '--federation-listen'),
    ...tlsOf(options),
    tlsCa: (options.tls_ca ?? []).map((file) => readPem(file, '--tls-ca')),
    insecureSkipTlsVerify: options.insecure_skip_tls_verify ?? false,
    peers: (options.peer ?? []).map((peer) => {
      const { serverName: name, address } = parsePeer(peer, '--peer')
      if (!isServerName(name)) throw new OptionError(`--peer: "${name}" is not a server name.`)
      return { serverName: name as ServerName, address }
    }),
    mdns: !(options.no_mdns ?? false),
    interfaces: options.interface ?? [],
    registration: options.registration ?? 'closed',
    allowDomains: options.allow_domain ?? [],
    denyDomains: options.deny_domain ?? [],
    allowPrivateAddresses: options.allow_private_addresses ?? false,
    maxUploadSize: parseSize(options.max_upload_size ?? 'unlimited', '--max-upload-size'),
    maxRemoteMediaCache: parseSize(options.max_remote_media_cache ?? '10G', '--max-remote-media-cache'),
    wellKnownServer: options.well_known_server,
    wellKnownClient: options.well_known_client,
    trustedKeyServers: (options.trusted_key_server ?? []) as ServerName[],
    registrationSharedSecret: options.registration_shared_secret,
    rateLimits: !(options.no_rate_limits ?? false),
    rendererDir: findRenderer(),
  }
}

function tlsOf({ tls_cert: certFile, tls_key: keyFile }: Options) {
  if (certFile === undefined || keyFile === undefined) return { tlsCert: undefined, tlsKey: undefined }
  const cert = readPem(certFile, '--tls-cert')
  const key = readPem(keyFile, '--tls-key')
  const wrong = pairProblem({ cert, key })
  if (wrong !== undefined) throw new OptionError(`--tls-cert: ${certFile} with ${keyFile}: ${wrong}.`)
  return { tlsCert: cert, tlsKey: key, tlsFiles: { cert: certFile, key: keyFile } }
}

function readPem(file: string, option: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new OptionError(
      `${option}: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (!text.includes('-----BEGIN')) throw new OptionError(`${option}: ${file} is not a PEM file.`)
  return text
}

/** The built renderer, beside the bundle this code is in, or in `out/` when it runs from source. */
function findRenderer(): string | undefined {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    for (const candidate of [join(dir, 'renderer'), join(dir, 'out', 'renderer')]) {
      if (existsSync(join(candidate, 'index.html'))) return candidate
    }
    if (dir === dirname(dir)) return undefined
  }
}
