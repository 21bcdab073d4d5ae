/** What asks over real TLS on loopback, and what is asked. */
import type { Signer } from '../../core/types.ts'
import { systemClock } from '../../trace/clock.ts'
import { Logger, type LogSink } from '../../trace/log.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { serve, type TestServer } from '../test-support.ts'
import { createConnections, type ConnectionDeps, type Connections } from './connections.ts'
import type { Dns } from './dns.ts'
import { createSignedClient, type SignedClient, type SignedClientDeps } from './signed-client.ts'

/** What a test opened; `closeAll` after each closes it, the last first. */
export const closers: (() => Promise<void>)[] = []

export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close()
}

export const noDns: Dns = { srv: () => Promise.resolve([]), addresses: () => Promise.resolve([]) }

/** Knows no server but those that `over` tells of, and is not allowed to ask `denied.example`. */
export function clientOf(
  signer: Signer,
  {
    durable,
    onAnswer,
    ...over
  }: Partial<ConnectionDeps & Pick<SignedClientDeps, 'durable' | 'onAnswer'>> = {},
  sinks: LogSink[] = [],
): SignedClient & { connections: Connections } {
  const connections = createConnections({
    clock: systemClock,
    random: systemRandom,
    dns: noDns,
    candidates: () => [],
    knownKeys: () => [],
    staticPeers: new Map(),
    extraCas: [],
    insecureSkipTlsVerify: false,
    allowPrivateAddresses: false,
    ...over,
  })
  closers.push(() => connections.stop())
  const client = createSignedClient({
    signer,
    connections,
    log: new Logger(systemClock, sinks),
    domainAllowed: (server) => server !== 'denied.example',
    durable,
    ...(onAnswer === undefined ? {} : { onAnswer }),
  })
  return Object.assign(client, { connections })
}

export async function start(...args: Parameters<typeof serve>): Promise<TestServer> {
  const server = await serve(...args)
  closers.push(() => server.close())
  return server
}
