import { networkInterfaces } from 'node:os'
import type { LanInterface } from './federation/discovery/index.ts'
import { urlHost, type Listener } from './http/listener.ts'

/** Is it one of this machine's? */
export function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some((own) => own.address === address))
}

/** The name of this machine's interface that has this address, as a socket tells it. */
export function interfaceOf(address: string): string | undefined {
  const [plain = '', zone] = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%', 2)
  if (zone !== undefined) return zone
  // All of 127.0.0.0/8 is this machine, though it lists only one of them.
  const wanted = plain.startsWith('127.') ? '127.0.0.1' : plain
  return Object.entries(networkInterfaces()).find(([, each]) =>
    each?.some((own) => own.address === wanted),
  )?.[0]
}

/** `host:port` on each of the used networks that a listener on all addresses serves. */
export function addressesOf({ host, port }: Listener, used: () => readonly LanInterface[]): string[] {
  const hosts =
    host === '::' || host === '0.0.0.0'
      ? used()
          .map((at) => at.address)
          // A zone means nothing elsewhere.
          .filter((each) => !each.includes('%'))
      : [host]
  return hosts.map((each) => `${urlHost(each)}:${port}`)
}

/** Of `host:port` as the options have it. */
export function splitAddress(address: string): { host: string; port: number } {
  // `parsePeer` has checked the form; brackets around IPv6 are not part of the host.
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}
