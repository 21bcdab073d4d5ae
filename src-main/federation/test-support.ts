/** Real nodes on loopback TLS, for the tests of `federation/`. */
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { keyServerName } from '../core/ids.ts'
import { createSigner, signaturesReady, signJson } from '../core/signatures.ts'
import type { JsonObject, KeyId, ServerName, Signer } from '../core/types.ts'
import type { Clock } from '../trace/clock.ts'
import { createNodeCertificate, type NodeCertificate } from './tls/create-certificate.ts'

/** A key-named signer from a seed of one repeated byte; `name` makes it a domain-named one. */
export async function testSigner(seed: number, name?: string): Promise<Signer> {
  await signaturesReady()
  const bytes = new Uint8Array(32).fill(seed)
  const keyId = (name === undefined ? 'ed25519:hearth' : 'ed25519:1') as KeyId
  const unnamed = createSigner('' as ServerName, keyId, bytes)
  const serverName = name ?? keyServerName(new Uint8Array(Buffer.from(unnamed.publicKey, 'base64')))
  return createSigner(serverName as ServerName, keyId, bytes)
}

/** The answer of `GET /_matrix/key/v2/server`. */
export function publishedKeys(signer: Signer, validUntilTs: number, over: JsonObject = {}): JsonObject {
  const keys = { [signer.keyId]: { key: signer.publicKey } }
  const answer = { server_name: signer.serverName, valid_until_ts: validUntilTs, verify_keys: keys, ...over }
  return signJson(answer, signer)
}

export interface TestServer {
  readonly port: number
  readonly server: Server
  /** TLS connections that were accepted, and requests that were read. */
  readonly seen: { connections: number; requests: string[] }
  close(): Promise<void>
}

type Fetch = (request: Request, env: never) => Response | Promise<Response>

export async function serve(
  certificate: NodeCertificate | Signer,
  fetch: Fetch,
  port = 0,
  host = '127.0.0.1',
): Promise<TestServer> {
  const pem = 'cert' in certificate ? certificate : await createNodeCertificate(certificate)
  const listener = getRequestListener(fetch as Parameters<typeof getRequestListener>[0], {
    overrideGlobalObjects: false,
  })
  const seen = { connections: 0, requests: [] as string[] }
  const server = createServer({ ...pem }, (incoming, outgoing) => {
    seen.requests.push(`${incoming.method} ${incoming.url} ${incoming.headers.host}`)
    listener(incoming, outgoing).catch(() => undefined)
  })
  server.on('secureConnection', () => seen.connections++)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    server,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A clock that only moves when told to. */
export function fakeClock(
  start = 1_700_000_000_000,
): Clock & { advance(ms: number): void; pending(): number } {
  let now = start
  let timers: { at: number; fn: () => void }[] = []
  return {
    now: () => now,
    monotonic: () => now,
    setTimeout(fn, ms) {
      const timer = { at: now + ms, fn }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        now = Math.max(now, next.at)
        next.fn()
      }
      now = end
    },
    pending: () => timers.length,
  }
}

/** Waits until `condition` holds; the test's own time limit bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
