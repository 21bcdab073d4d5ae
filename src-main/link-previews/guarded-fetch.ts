import { isIP } from 'node:net'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Client } from 'undici'
import type { Guard } from './ports.ts'

interface FetchOptions {
  readonly accept: string
  readonly userAgent: string
  /** By media type, without parameters and in lower case. */
  readonly maxBytes: (type: string) => number
  readonly signal: AbortSignal
}

export interface Fetched {
  /** After redirects. */
  readonly url: URL
  readonly contentType: string
  /** Without parameters, in lower case. */
  readonly type: string
  readonly bytes: Buffer
  /** There was more than was read. */
  readonly truncated: boolean
}

/** The address is one where this node does not look; the message is the same for all of them. */
export class ForbiddenAddressError extends Error {
  constructor() {
    super('Only public web addresses are looked at')
    this.name = 'ForbiddenAddressError'
  }
}

export class FetchError extends Error {}

const MAX_REDIRECTS = 5
const redirects = new Set([301, 302, 303, 307, 308])

/**
 * GET of an address that a stranger wrote. It goes to public addresses only, on every step of a chain of
 * redirects: names are resolved once, all of their addresses must be allowed, and the connection is made to
 * those very addresses, so an answer of DNS that changes afterwards ("rebinding") has no effect. Nothing of
 * the user goes along: no cookies, no referrer. Reads at most `maxBytes`, counted decompressed.
 * Rejects with `ForbiddenAddressError`, or with whatever went wrong on the way.
 */
export async function guardedFetch(start: URL, options: FetchOptions & { guard: Guard }): Promise<Fetched> {
  let url = start
  for (let step = 0; step <= MAX_REDIRECTS; step++) {
    const addresses = await allowedAddresses(url, options.guard, options.signal)
    const answer = await get(url, addresses, options)
    if (!(answer instanceof URL)) return answer
    url = answer
  }
  throw new FetchError('It redirects too often')
}

async function allowedAddresses(url: URL, guard: Guard, signal: AbortSignal): Promise<string[]> {
  const isHttps = url.protocol === 'https:'
  const port = url.port === '' ? (isHttps ? 443 : 80) : Number(url.port)
  if (!isHttps && url.protocol !== 'http:') throw new ForbiddenAddressError()
  if (url.username !== '' || url.password !== '' || !guard.allowPort(port)) throw new ForbiddenAddressError()
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) !== 0 ? [host] : await unlessAborted(guard.resolve(host), signal)
  if (addresses.length === 0) throw new FetchError('There is no such host')
  // A name with one foot inside is not one of the web.
  if (!addresses.every((address) => guard.allowAddress(address))) throw new ForbiddenAddressError()
  return addresses
}

async function get(url: URL, addresses: readonly string[], options: FetchOptions): Promise<Fetched | URL> {
  const { signal } = options
  const pinned = addresses.map((address) => ({ address, family: isIP(address) }))
  const client = new Client(url.origin, {
    maxHeaderSize: 32 * 1024,
    autoSelectFamily: true,
    connect: {
      timeout: 5_000,
      lookup: (_host, wanted, callback) => {
        const [first] = pinned
        if (wanted.all === true) callback(null, pinned)
        else callback(null, first?.address ?? '', first?.family)
      },
    },
  })
  try {
    const answer = await client.request({
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      signal,
      headers: {
        accept: options.accept,
        'accept-encoding': 'gzip, deflate, br',
        'user-agent': options.userAgent,
      },
    })
    const location = header(answer.headers['location'])
    if (redirects.has(answer.statusCode) && location !== '') return new URL(location, url)
    if (answer.statusCode < 200 || answer.statusCode > 299)
      throw new FetchError(`It answered ${answer.statusCode}`)
    const encoding = header(answer.headers['content-encoding']).trim().toLowerCase()
    const contentType = header(answer.headers['content-type'])
    const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
    const read = await readAtMost(answer.body, encoding, options.maxBytes(type), signal)
    return { url, contentType, type, ...read }
  } finally {
    // Whatever of the body was not read ends with the connection.
    client.destroy().catch(() => undefined)
  }
}

const header = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? (value[0] ?? '') : (value ?? '')

async function readAtMost(
  body: Readable,
  encoding: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ bytes: Buffer; truncated: boolean }> {
  const stream = decoded(body, encoding)
  const abort = (): void => {
    stream.destroy(new FetchError('It took too long'))
  }
  signal.addEventListener('abort', abort, { once: true })
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size > maxBytes) break
    }
  } finally {
    signal.removeEventListener('abort', abort)
    body.on('error', () => undefined).destroy()
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), truncated: size > maxBytes }
}

function decoded(body: Readable, encoding: string): Readable {
  if (encoding === '' || encoding === 'identity') return body
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : encoding === 'br'
          ? createBrotliDecompress()
          : undefined
  if (decoder === undefined) throw new FetchError('It is packed in an unknown way')
  body.on('error', (error) => decoder.destroy(error))
  return body.pipe(decoder)
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new FetchError('It took too long'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
