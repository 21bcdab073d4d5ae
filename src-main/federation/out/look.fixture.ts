/** What another server would find out there, as a test says it. */
import { systemRandom } from '../../trace/system-random.ts'
import type { Clock } from '../../trace/clock.ts'
import type { SrvRecord } from './dns.ts'
import type { LookDeps } from './look-at-server.ts'
import type { Probe } from './probe.ts'
import type { HttpAnswer } from './well-known.ts'

export interface World {
  /** Absent: `example.org`. */
  readonly name?: string
  /** Of `.well-known`; a text is why there is none. */
  readonly wellKnown?: HttpAnswer | string
  /** By name of the record; a text is why it cannot be had. */
  readonly srv?: Record<string, SrvRecord[] | string>
  /** By name of the host. */
  readonly addresses?: Record<string, string[]>
}

export type Probed = Omit<Probe, 'address' | 'port'>

/** `probed`: what is found at an address. */
export function lookInto(world: World, clock: Clock, probed: (host: string) => Probed): LookDeps {
  const said = <T>(answer: T | string): Promise<T> =>
    typeof answer === 'string' ? Promise.reject(new Error(answer)) : Promise.resolve(answer)
  return {
    clock,
    random: systemRandom,
    allowPrivate: false,
    secureContext: () => undefined,
    get: () => said(world.wellKnown ?? 'refused'),
    dns: {
      srv: (record) => said(world.srv?.[record] ?? []),
      addresses: (host) => Promise.resolve((world.addresses ?? { 'example.org': ['8.8.8.8'] })[host] ?? []),
    },
    probe: ({ target }) =>
      Promise.resolve({ address: target.host, port: target.port, ...probed(target.host) }),
  }
}

export const json = (body: string, status = 200): HttpAnswer => ({ status, headers: new Map(), body })
