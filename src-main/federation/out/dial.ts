import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, type SecureContext, type TLSSocket } from 'node:tls'
import { verifyPeerCertificate } from '../tls/verify-certificate.ts'
import type { LogItem } from '../../trace/log.ts'
import { isPublicAddress } from './addresses.ts'
import type { Dns } from './dns.ts'
import type { Target } from './resolve-server-name.ts'

/** No connection could be made; nothing of a request was sent. */
export class DialError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'DialError'
  }
}

/** Another address led there first: nothing is known of this one. */
export class OvertakenError extends DialError {}

/** How one address did. */
export interface DialAttempt {
  readonly target: Target
  readonly trust: Trust
  readonly socket: TLSSocket
  /** Undefined where the handshake did not come so far. Read once: a socket gives it away only once. */
  readonly certificate: X509Certificate | undefined
  /** Undefined where it led to whom it should. */
  readonly error: unknown
}

/** Whom a connection must lead to; any one of the proofs is enough. */
export interface Trust {
  /** Unpadded base64 signing keys, one of which must have signed the certificate's extension. */
  readonly keys: readonly string[]
  /** Host name or IP address for which the web's certificate authorities must vouch. */
  readonly webName: string | undefined
  /** `--insecure-skip-tls-verify`. */
  readonly skip: boolean
}

export interface DialOptions {
  readonly dns: Dns
  readonly targets: readonly Target[]
  readonly trust: Trust
  /** With certificate authorities beside the usual ones; shared, as making one is slow. */
  readonly secureContext: SecureContext | undefined
  readonly allowPrivate: boolean
  /** Between the starts of attempts; 0 tries all at once. */
  readonly staggerMs: number
  readonly timeoutMs: number
  /** Gives up early: the node stops, or the network changed. */
  readonly signal: AbortSignal
  /** Gets a step for each look-up and each address that is tried. */
  readonly item?: LogItem | undefined
  /** Told of each address that was tried. Must not throw. */
  readonly onAttempt?: ((attempt: DialAttempt) => void) | undefined
}

const MAX_ATTEMPTS = 16
/** TCP repeats a call that nobody takes after 1, 3 and 7 s; whoever comes back in between is heard within one. */
const CALL_AGAIN_MS = 1_000
const MAX_CALLS = 5
/** Of many addresses, most are of other networks and other days; the best come first. */
const CALLED_AGAIN = 3
/** Characters of addresses in the log. */
const MAX_LISTED = 400

/**
 * Opens a TLS connection to the first of the targets that answers and proves who it is, trying them in
 * parallel ("happy eyeballs"). The proof is checked before the socket is handed out, so before a byte of
 * a request is written. Names are resolved here, and the very addresses that were checked are dialled:
 * a DNS answer that changes in between ("rebinding") has no effect. Rejects with `DialError`.
 */
export async function dial(options: DialOptions): Promise<TLSSocket> {
  const deadline = AbortSignal.any([AbortSignal.timeout(options.timeoutMs), options.signal])
  const addresses = await withAbort(resolveTargets(options), deadline)
  const done = new AbortController()
  const signal = AbortSignal.any([done.signal, deadline])
  const calls: Promise<TLSSocket>[] = []
  const attempts = addresses.slice(0, MAX_ATTEMPTS).map(async (target, index) => {
    if (index > 0 && options.staggerMs > 0) await pause(index * options.staggerMs, signal)
    return callUntilTaken(target, options, signal, calls, index < CALLED_AGAIN ? MAX_CALLS : 1)
  })
  try {
    const winner = await Promise.any(attempts)
    // Two may have got through in the same turn.
    for (const attempt of calls) {
      attempt.then(
        (socket) => socket === winner || socket.destroy(),
        () => undefined,
      )
    }
    return winner
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors.map(messageOf) : [messageOf(error)]
    throw new DialError([...new Set(reasons)].join('; '), { cause: error })
  } finally {
    done.abort(new OvertakenError('another address was faster'))
  }
}

/** Calls the address anew, `left` times in all, as long as no call was taken or refused; each is added to `calls`. */
async function callUntilTaken(
  target: Target,
  options: DialOptions,
  signal: AbortSignal,
  calls: Promise<TLSSocket>[],
  left: number,
): Promise<TLSSocket> {
  const answered = new AbortController()
  const call = connectTo(target, options, signal, () => answered.abort())
  calls.push(call)
  if (left === 1) return await call
  call.catch(() => answered.abort())
  await pause(CALL_AGAIN_MS, AbortSignal.any([signal, answered.signal]))
  if (signal.aborted || answered.signal.aborted) return await call
  const again = callUntilTaken(target, options, signal, calls, left - 1)
  return await Promise.any([call, again]).catch(() => call)
}

async function resolveTargets(options: DialOptions): Promise<Target[]> {
  const found: Target[] = []
  const reasons: string[] = []
  for (const target of options.targets) {
    if (isIP(target.host) !== 0) {
      found.push(target)
      continue
    }
    try {
      const look = (): Promise<readonly string[]> => options.dns.addresses(target.host)
      const step = options.item?.open('look up', { host: target.host })
      const addresses = await (step === undefined ? look() : step.run(look))
      step?.set({ addresses: addresses.join(', ').slice(0, MAX_LISTED) })
      if (addresses.length === 0) reasons.push(`${target.host} has no address`)
      for (const host of addresses) found.push({ host, port: target.port })
    } catch (error) {
      reasons.push(`${target.host}: ${messageOf(error)}`)
    }
  }
  const allowed = options.allowPrivate ? found : found.filter((target) => isPublicAddress(target.host))
  if (allowed.length > 0) return allowed
  if (found.length > 0) {
    reasons.push(
      `${found.map((target) => target.host).join(', ')} is a private address, which is not dialled for a domain name`,
    )
  }
  throw new DialError(reasons.join('; ') || 'no address is known')
}

function connectTo(
  target: Target,
  options: DialOptions,
  signal: AbortSignal,
  taken: () => void,
): Promise<TLSSocket> {
  const { trust } = options
  const where = `${target.host}:${target.port}`
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new DialError(`${where}: ${messageOf(signal.reason)}`))
    const attempt = options.item?.open('attempt', { address: where })
    let step = attempt?.open('connect')
    let certificate: X509Certificate | undefined
    const socket = connect({
      host: target.host,
      port: target.port,
      ALPNProtocols: ['http/1.1'],
      // Our own peers all speak 1.3; of the web only what is still safe is asked.
      minVersion: trust.webName === undefined ? 'TLSv1.3' : 'TLSv1.2',
      // Whether the peer is trusted is decided below, for either kind of proof.
      rejectUnauthorized: false,
      // No session is ever passed in: a resumed one would show no certificate.
      ...(trust.webName !== undefined && isIP(trust.webName) === 0 ? { servername: trust.webName } : {}),
      ...(options.secureContext === undefined ? {} : { secureContext: options.secureContext }),
      checkServerIdentity: (_host, certificate) => checkServerIdentity(trust.webName ?? '', certificate),
    })
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', aborted)
      socket.removeListener('close', closed)
      options.onAttempt?.({ target, trust, socket, certificate, error })
      socket.on('error', () => undefined)
      socket.destroy()
      step?.fail(error)
      attempt?.fail(error)
      reject(new DialError(`${where}: ${messageOf(error)}`, { cause: error }))
    }
    const aborted = (): void =>
      fail(signal.reason instanceof DialError ? signal.reason : new Error('timed out while connecting'))
    signal.addEventListener('abort', aborted, { once: true })
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    socket.once('error', fail)
    const closed = (): void => fail(new Error('closed while connecting'))
    socket.once('close', closed)
    socket.once('connect', () => {
      taken()
      step?.finish()
      step = attempt?.open('TLS')
    })
    socket.once('secureConnect', () => {
      certificate = socket.getPeerX509Certificate()
      const proof = proofOf(socket, certificate, trust)
      step?.set({ protocol: socket.getProtocol() ?? undefined })
      if ('reason' in proof) return fail(new Error(proof.reason))
      step?.set({ proof: proof.by }).finish()
      attempt?.finish()
      signal.removeEventListener('abort', aborted)
      socket.removeListener('error', fail)
      socket.removeListener('close', closed)
      options.onAttempt?.({ target, trust, socket, certificate, error: undefined })
      resolve(socket)
    })
  })
}

/** What shows that this peer is who it should be, or why nothing does. */
function proofOf(
  socket: TLSSocket,
  certificate: X509Certificate | undefined,
  trust: Trust,
): { by: 'key' | 'authority' | 'not checked' } | { reason: string } {
  if (trust.skip) return { by: 'not checked' }
  if (trust.webName !== undefined && socket.authorized) return { by: 'authority' }
  const der = certificate?.raw
  if (der !== undefined && trust.keys.length > 0) {
    const decision = verifyPeerCertificate(der, trust.keys)
    if (decision.verdict === 'accept') return { by: 'key' }
    if (trust.webName === undefined) return { reason: decision.reason }
  }
  if (trust.webName === undefined) return { reason: 'The peer showed no certificate.' }
  return {
    reason: `The certificate is not valid for ${trust.webName} (${String(socket.authorizationError)}).`,
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}

function withAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DialError('timed out while looking up the address')), {
      once: true,
    })
    work.then(resolve, reject)
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
