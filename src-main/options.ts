import { parseArgs } from 'node:util'
import type { ListenAddress } from './config.ts'
import { isServerGlob } from './core/glob.ts'
import { isServerName } from './core/ids.ts'

/** What the command line or `settings.json` says; undefined where it says nothing. Keys as in `settings.json`. */
export interface Options {
  data_dir?: string
  server_name?: string
  client_listen?: string
  federation_listen?: string
  tls_cert?: string
  tls_key?: string
  tls_ca?: string[]
  insecure_skip_tls_verify?: boolean
  peer?: string[]
  no_mdns?: boolean
  interface?: string[]
  registration?: 'open' | 'token' | 'closed'
  allow_domain?: string[]
  deny_domain?: string[]
  allow_private_addresses?: boolean
  max_upload_size?: string
  max_remote_media_cache?: string
  well_known_server?: string
  well_known_client?: string
  trusted_key_server?: string[]
  registration_shared_secret?: string
  no_rate_limits?: boolean
  /** For one start; no key of `settings.json`. */
  restore_identity?: string
}

const MAX_DOMAINS = 10_000
const MAX_INTERFACES = 32
const MAX_INTERFACE_NAME = 255

/** The command line cannot be understood; the message names the option. */
export class OptionError extends Error {}

const flags = {
  'data-dir': { type: 'string' },
  'server-name': { type: 'string' },
  'client-listen': { type: 'string' },
  'federation-listen': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-ca': { type: 'string', multiple: true },
  'insecure-skip-tls-verify': { type: 'boolean' },
  peer: { type: 'string', multiple: true },
  'no-mdns': { type: 'boolean' },
  interface: { type: 'string', multiple: true },
  registration: { type: 'string' },
  'allow-domain': { type: 'string', multiple: true },
  'deny-domain': { type: 'string', multiple: true },
  'allow-private-addresses': { type: 'boolean' },
  'max-upload-size': { type: 'string' },
  'max-remote-media-cache': { type: 'string' },
  'well-known-server': { type: 'string' },
  'well-known-client': { type: 'string' },
  'trusted-key-server': { type: 'string', multiple: true },
  'registration-shared-secret': { type: 'string' },
  'no-rate-limits': { type: 'boolean' },
  'restore-identity': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export const usage = `Usage: npm run headless -- [options]
       npm run headless -- verify <file>   checks an export of a room, offline

  --data-dir <dir>                  where everything is kept
  --server-name <name>              first start only: a domain or host:port (default: derived from the key)
  --client-listen <addr:port>       Client-Server API and browser mode (127.0.0.1:8008; port 0 picks one)
  --federation-listen <addr:port>   Server-Server API over TLS ([::]:8448; port 0 picks one)
  --tls-cert <pem> --tls-key <pem>  certificate for the federation listener
  --tls-ca <pem>                    extra certificate authority, repeatable
  --insecure-skip-tls-verify        accept any certificate of domain-named peers (tests only)
  --peer <server_name>=<host:port>  a static address for a peer, repeatable
  --no-mdns                         no discovery
  --interface <name>                discover on this network interface, a VPN's too, repeatable (all but
                                    those of VPNs, containers and virtual machines)
  --registration open|token|closed  who may create accounts (closed)
  --allow-domain <glob>             federate only with these, repeatable
  --deny-domain <glob>              never federate with these, repeatable
  --allow-private-addresses         dial private addresses of domain-named peers too
  --max-upload-size <size>          largest media file, e.g. 500M (unlimited)
  --max-remote-media-cache <size>   files of other servers that are kept, the longest unread go first (10G)
  --well-known-server <name[:port]> what /.well-known/matrix/server says: where other servers find this one
  --well-known-client <url>         what /.well-known/matrix/client says: where apps find this server
  --trusted-key-server <name>       believed when it tells keys of servers that are away, repeatable
  --registration-shared-secret <s>  turn on shared-secret registration
  --no-rate-limits                  for benchmarks and tests
  --restore-identity <file>         first start only: an encrypted backup of an identity; its passphrase
                                    is HEARTH_PASSPHRASE of the environment, or asked for on a terminal
`

/** Parses the command line; `help` when it asks for help. Throws `OptionError`. */
export function parseCommandLine(args: readonly string[]): { options: Options; help: boolean } {
  let values: Record<string, string | boolean | (string | boolean)[] | undefined>
  try {
    values = parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  }
  const { help, ...rest } = values
  const options: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined) options[key.replaceAll('-', '_')] = value
  }
  checkOptions(options, (key) => `--${key.replaceAll('_', '-')}`)
  return { options: options as Options, help: help === true }
}

/** The arguments for a second start of the same node: what only a first start may do is left out. */
export function argumentsForRestart(args: readonly string[]): string[] {
  return args.filter(
    (arg, at) => !/^--restore-identity(=|$)/.test(arg) && args[at - 1] !== '--restore-identity',
  )
}

/** What `settings.json` says, in the command line's form: sizes may be numbers in the file. */
export function asOptions(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const options = { ...settings }
  for (const key of ['max_upload_size', 'max_remote_media_cache'])
    if (typeof options[key] === 'number') options[key] = String(options[key])
  return options
}

/** Checks the values that are more than text. `name` tells how to call an option in the message. */
export function checkOptions(options: Record<string, unknown>, name: (key: string) => string): void {
  const registration = options['registration']
  if (
    registration !== undefined &&
    registration !== 'open' &&
    registration !== 'token' &&
    registration !== 'closed'
  ) {
    throw new OptionError(
      `${name('registration')} must be open, token or closed, not ${JSON.stringify(registration)}.`,
    )
  }
  for (const key of ['client_listen', 'federation_listen']) {
    if (options[key] !== undefined) parseListen(text(options[key]), name(key))
  }
  for (const key of ['max_upload_size', 'max_remote_media_cache']) {
    if (options[key] !== undefined) parseSize(text(options[key]), name(key))
  }
  for (const key of ['allow_domain', 'deny_domain']) checkGlobs(asList(options[key]), name(key))
  checkInterfaces(asList(options['interface']), name('interface'))
  checkNames(options, name)
  for (const peer of asList(options['peer'])) parsePeer(peer, name('peer'))
  if ((options['tls_cert'] === undefined) !== (options['tls_key'] === undefined)) {
    throw new OptionError(`${name('tls_cert')} and ${name('tls_key')} belong together; give both.`)
  }
}

function checkGlobs(globs: readonly string[], name: string): void {
  if (globs.length > MAX_DOMAINS) throw new OptionError(`${name} has more than ${MAX_DOMAINS} entries.`)
  const wrong = globs.find((glob) => !isServerGlob(glob))
  if (wrong === undefined) return
  throw new OptionError(
    `${name} must be names of servers such as example.org or *.example.org, not "${wrong.slice(0, 300)}".`,
  )
}

/** Whether they exist is not asked: one may come later. */
function checkInterfaces(names: readonly string[], name: string): void {
  if (names.length > MAX_INTERFACES) throw new OptionError(`${name} has more than ${MAX_INTERFACES} entries.`)
  const wrong = names.find(
    (each) => each.length > MAX_INTERFACE_NAME || !/^[^\p{C}]*[^\p{C}\s][^\p{C}]*$/u.test(each),
  )
  if (wrong !== undefined)
    throw new OptionError(
      `${name} must be names of network interfaces such as eth0, not ${JSON.stringify(wrong.slice(0, 300))}.`,
    )
}

function checkNames(options: Record<string, unknown>, name: (key: string) => string): void {
  for (const key of ['well_known_server', 'trusted_key_server']) {
    const value = options[key]
    for (const one of Array.isArray(value) ? value.map(String) : value === undefined ? [] : [text(value)]) {
      if (!isServerName(one))
        throw new OptionError(
          `${name(key)} must be a server name such as matrix.example.org:443, not "${one}".`,
        )
    }
  }
  const client = options['well_known_client']
  if (client !== undefined && !/^https?:\/\/[^/?#]+[^?#]*$/.test(text(client))) {
    throw new OptionError(
      `${name('well_known_client')} must be an address such as https://matrix.example.org, not "${text(client)}".`,
    )
  }
}

/** What is not text cannot be an address or a size, and its JSON says so in the error. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function asList(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.map(String) : []
}

/** `addr:port`, `[v6]:port` or `:port`. */
export function parseListen(text: string, option: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535) {
    throw new OptionError(
      `${option} must be an address and a port such as 127.0.0.1:8008 or [::]:8448, not "${text}".`,
    )
  }
  return { host: match[1] ?? (match[2] || '::'), port }
}

/** `<server_name>=<host:port>`; the server name may hold a port itself. */
export function parsePeer(text: string, option: string): { serverName: string; address: string } {
  const at = text.indexOf('=')
  const serverName = text.slice(0, at)
  const address = text.slice(at + 1)
  if (at < 1 || !/^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):\d{1,5}$/.test(address)) {
    throw new OptionError(`${option} must be <server_name>=<host:port>, not "${text}".`)
  }
  return { serverName, address }
}

/** Bytes of `500M`, `2G`, `1048576`; undefined for `unlimited`. */
export function parseSize(text: string, option: string): number | undefined {
  if (text === 'unlimited') return undefined
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim())
  if (match === null)
    throw new OptionError(`${option} must be a size such as 500M or 2G, or "unlimited", not "${text}".`)
  const power = ['', 'K', 'M', 'G', 'T'].indexOf((match[2] ?? '').toUpperCase())
  return Math.floor(Number(match[1]) * 1024 ** power)
}
