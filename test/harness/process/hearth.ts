import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestHost } from './certificates.ts'
import { Child } from './child.ts'
import { freePort, repositoryRoot, scratchFolder } from './scratch.ts'

/** The one line of JSON that a node prints on standard output when it is ready. */
export interface ReadyLine {
  readonly event: 'ready'
  readonly server_name: string
  readonly client_url: string
  readonly federation_url: string
  readonly login_url: string
  readonly pid: number
}

export interface HearthOptions {
  readonly label?: string
  readonly dataDir?: string
  readonly serverName?: string
  /** Default 127.0.0.1 and a free port, kept over restarts. */
  readonly clientListen?: string
  readonly federationListen?: string
  /** Further options as in the option table of the design. */
  readonly args?: readonly string[]
  /** Written to `settings.json` of the new data folder; what is no command line option is set so. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Name of the network namespace to run in (Linux). */
  readonly namespace?: string
  /** A file descriptor that gets what it says, as of `ChildOptions`. */
  readonly stderr?: number
  readonly readyWithinMs?: number
  readonly env?: Readonly<Record<string, string>>
}

/** Also the value given to `--registration-shared-secret` by {@link trustedTestArgs}. */
export const REGISTRATION_SECRET = 'test-registration-secret'

/** What a node among other test servers on one machine is started with. */
export const trustedTestArgs: readonly string[] = [
  '--allow-private-addresses',
  '--no-mdns',
  '--no-rate-limits',
  '--registration-shared-secret',
  REGISTRATION_SECRET,
]

const pinnedNode = join(repositoryRoot, 'node_modules', '.bin', 'node')
const sources = join(repositoryRoot, 'src-main', 'headless.ts')

/** The very command that runs a node; for tests that expect it to end by itself. */
export function spawnHearth(options: HearthOptions): Child {
  // HEARTH_HEADLESS: another entry, such as the built one.
  const args = ['--disable-warning=ExperimentalWarning', process.env['HEARTH_HEADLESS'] ?? sources]
  if (options.dataDir !== undefined) args.push('--data-dir', options.dataDir)
  if (options.serverName !== undefined) args.push('--server-name', options.serverName)
  if (options.clientListen !== undefined) args.push('--client-listen', options.clientListen)
  if (options.federationListen !== undefined) args.push('--federation-listen', options.federationListen)
  args.push(...(options.args ?? []))
  const inside =
    options.namespace === undefined
      ? { command: pinnedNode, args }
      : { command: 'ip', args: ['netns', 'exec', options.namespace, pinnedNode, ...args] }
  return new Child({
    label: `hearth ${options.label ?? ''}`.trim(),
    ...inside,
    cwd: repositoryRoot,
    stderr: options.stderr,
    ...(options.env === undefined ? {} : { env: options.env }),
  })
}

/** A running node in a process of its own. */
export class HearthProcess {
  readonly options: HearthOptions & { readonly dataDir: string }
  /** From spawn to ready line, of the last start. */
  startedInMs = 0
  private child: Child
  private line: ReadyLine | undefined

  constructor(options: HearthOptions & { readonly dataDir: string }) {
    this.options = options
    this.child = spawnHearth(options)
  }

  get ready(): ReadyLine {
    if (this.line === undefined) throw this.child.failure('is not ready')
    return this.line
  }

  get serverName(): string {
    return this.ready.server_name
  }

  get clientUrl(): string {
    return this.ready.client_url.replace(/\/$/, '')
  }

  get pid(): number {
    return this.child.pid
  }

  get stderr(): string {
    return this.child.stderr
  }

  get running(): boolean {
    return this.child.running
  }

  get dataDir(): string {
    return this.options.dataDir
  }

  readonly registrationSecret = REGISTRATION_SECRET

  async waitUntilReady(spawnedAt: number): Promise<void> {
    this.line = await this.child.waitForOutput(readReadyLine, this.options.readyWithinMs ?? 20_000)
    this.startedInMs = performance.now() - spawnedAt
  }

  /** The clean way; the design promises an end within 5 seconds. */
  async stop(): Promise<void> {
    const status = await this.child.stop(5_000)
    if (status.code !== 0) throw this.child.failure('did not stop cleanly')
  }

  async kill(): Promise<void> {
    await this.child.kill()
  }

  /** Starts again on the same data folder and ports; the process must have ended before. */
  async start(): Promise<void> {
    if (this.child.running) throw this.child.failure('is still running')
    const spawnedAt = performance.now()
    this.child = spawnHearth(this.options)
    await this.waitUntilReady(spawnedAt)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }
}

/** Starts a node and waits for its ready line. */
export async function startHearth(options: HearthOptions = {}): Promise<HearthProcess> {
  const filled = {
    ...options,
    dataDir: options.dataDir ?? scratchFolder('node'),
    clientListen: options.clientListen ?? `127.0.0.1:${await freePort()}`,
    federationListen: options.federationListen ?? `127.0.0.1:${await freePort()}`,
  }
  if (options.settings !== undefined)
    writeFileSync(join(filled.dataDir, 'settings.json'), JSON.stringify(options.settings), { mode: 0o600 })
  const spawnedAt = performance.now()
  const node = new HearthProcess(filled)
  await node.waitUntilReady(spawnedAt)
  return node
}

/** A node with a domain name of its own on this machine, that takes any certificate. */
export async function startTrustingHearth(
  label: string,
  options: HearthOptions = {},
): Promise<HearthProcess> {
  const port = await freePort()
  return await startHearth({
    ...options,
    label,
    serverName: `localhost:${port}`,
    federationListen: `127.0.0.1:${port}`,
    args: [...trustedTestArgs, '--insecure-skip-tls-verify'],
  })
}

/** A node with a `<host>:<port>` name and a certificate that other test servers trust. */
export async function startDomainHearth(
  certificates: { caFile: string; certFile: string; keyFile: string },
  options: HearthOptions = {},
  host: TestHost = 'localhost',
): Promise<HearthProcess> {
  const port = await freePort()
  return await startHearth({
    ...options,
    // For whom it asks as anybody on the web would, such as an identity server.
    env: { NODE_EXTRA_CA_CERTS: certificates.caFile, ...options.env },
    serverName: `${host}:${port}`,
    federationListen: `${host === 'localhost' ? '127.0.0.1' : host}:${port}`,
    args: [
      ...trustedTestArgs,
      ...[
        '--tls-ca',
        certificates.caFile,
        '--tls-cert',
        certificates.certFile,
        '--tls-key',
        certificates.keyFile,
      ],
      ...(options.args ?? []),
    ],
  })
}

function readReadyLine(stdout: string): ReadyLine | undefined {
  for (const line of stdout.split('\n').slice(0, -1)) {
    if (!line.startsWith('{')) continue
    const value = JSON.parse(line) as ReadyLine
    if (value.event === 'ready') return value
  }
  return undefined
}

/** The one-time token in the login address of the ready line. */
export function loginToken(ready: ReadyLine): string {
  const token = /[?&]loginToken=([^&]+)/.exec(ready.login_url)?.[1]
  if (token === undefined) throw new Error(`No login token in ${ready.login_url}`)
  return decodeURIComponent(token)
}
