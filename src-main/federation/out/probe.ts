import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import { Client } from 'undici'
import { isObject } from '../../core/json.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import type { JsonObject } from '../../core/types.ts'
import { readText } from './read-body.ts'
import type { Target } from './resolve-server-name.ts'

export interface CertificateFacts {
  readonly issuer: string
  readonly validToTs: number
  /** Node's code of why it is not to be trusted for the name; undefined where it is. */
  readonly problem: string | undefined
  readonly der?: Uint8Array | undefined
  /** Such as `TLSv1.3`. */
  readonly tlsVersion?: string | undefined
}

/** What is found at one address, up to where it went wrong. */
export interface Probe {
  readonly address: string
  readonly port: number
  readonly reached: 'nothing' | 'port' | 'tls'
  /** A code such as ECONNREFUSED, or a few words. */
  readonly error?: string | undefined
  readonly certificate?: CertificateFacts
  /** By path: the JSON object of a 200 answer, or what came instead. */
  readonly answers?: Readonly<Record<string, JsonObject | string>>
  /** How long each stage took, as far as it came. */
  readonly ms?: { readonly connect?: number; readonly tls?: number; readonly answers?: number }
}

export interface ProbeOptions {
  /** Of `Target`, the host is an IP address. */
  readonly target: Target
  readonly tlsName: string
  readonly hostHeader: string
  readonly paths: readonly string[]
  readonly secureContext: SecureContext | undefined
}

export type RunProbe = (options: ProbeOptions) => Promise<Probe>

const STAGE_MS = 6_000
const MAX_BYTES = 262_144

/** Connects as another server would, and says how far that goes instead of only whether it does. */
export async function probe(options: ProbeOptions): Promise<Probe> {
  const { target } = options
  const where = { address: target.host, port: target.port }
  const ms: { connect?: number; tls?: number; answers?: number } = {}
  const timed = async <T>(stage: keyof typeof ms, work: Promise<T>): Promise<T> => {
    const began = performance.now()
    try {
      return await work
    } finally {
      ms[stage] = performance.now() - began
    }
  }
  let tcp: Socket
  try {
    tcp = await timed('connect', opened(connectTcp({ host: target.host, port: target.port }), 'connect'))
  } catch (error) {
    return { ...where, ms, reached: 'nothing', error: codeOf(error) }
  }
  let socket: TLSSocket
  try {
    const secure = connectTls({
      socket: tcp,
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      // It is looked at, not relied on.
      rejectUnauthorized: false,
      ...(isIP(options.tlsName) === 0 ? { servername: options.tlsName } : {}),
      ...(options.secureContext === undefined ? {} : { secureContext: options.secureContext }),
      checkServerIdentity: (_host, certificate) => checkServerIdentity(options.tlsName, certificate),
    })
    socket = await timed('tls', opened(secure, 'secureConnect'))
  } catch (error) {
    tcp.destroy()
    return { ...where, ms, reached: 'port', error: codeOf(error) }
  }
  try {
    const certificate = factsOf(socket)
    return {
      ...where,
      ms,
      reached: 'tls',
      certificate,
      answers: await timed('answers', ask(socket, options)),
    }
  } finally {
    socket.on('error', () => undefined)
    socket.destroy()
  }
}

function opened<T extends Socket>(socket: T, event: 'connect' | 'secureConnect'): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error('timed out')), STAGE_MS)
    const fail = (error: Error): void => {
      clearTimeout(timer)
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const closed = (): void => fail(new Error('closed'))
    socket.once('error', fail)
    socket.once('close', closed)
    socket.once(event, () => {
      clearTimeout(timer)
      socket.removeListener('error', fail)
      socket.removeListener('close', closed)
      resolve(socket)
    })
  })
}

function factsOf(socket: TLSSocket): CertificateFacts {
  const certificate = socket.getPeerCertificate()
  const issuer = certificate.issuer as Record<string, string | string[] | undefined> | undefined
  const name = [issuer?.['O'], issuer?.['CN']].flat().find((part) => part !== undefined)
  const problem: unknown = socket.authorizationError
  return {
    issuer: name ?? 'somebody unknown',
    validToTs: Date.parse(certificate.valid_to),
    problem: socket.authorized ? undefined : problem instanceof Error ? codeOf(problem) : String(problem),
    der: socket.getPeerX509Certificate()?.raw,
    tlsVersion: socket.getProtocol() ?? undefined,
  }
}

async function ask(socket: TLSSocket, options: ProbeOptions): Promise<Record<string, JsonObject | string>> {
  const answers: Record<string, JsonObject | string> = {}
  const client = new Client('https://matrix.invalid', {
    maxHeaderSize: 16_384,
    connect: (_options, callback) => {
      // undici is not ready for an answer before this returns.
      setImmediate(callback, null, socket)
    },
  })
  try {
    for (const path of options.paths) {
      const signal = AbortSignal.timeout(STAGE_MS)
      try {
        const headers = { accept: 'application/json', 'user-agent': 'Hearth', host: options.hostHeader }
        const answer = await client.request({ method: 'GET', path, headers, signal })
        const parsed = parseJsonLimited(await readText(answer.body, MAX_BYTES), 32)
        if (answer.statusCode !== 200) answers[path] = `status ${answer.statusCode}`
        else answers[path] = parsed.ok && isObject(parsed.value) ? parsed.value : 'no JSON'
      } catch (error) {
        answers[path] = signal.aborted ? 'timed out' : codeOf(error)
        break
      }
    }
    return answers
  } finally {
    client.destroy().catch(() => undefined)
  }
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (typeof code === 'string') return code
  return error instanceof Error ? error.message.slice(0, 200) : String(error)
}
