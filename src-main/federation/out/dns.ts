import { lookup, Resolver } from 'node:dns/promises'

export interface SrvRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

export interface Dns {
  /** Empty where there is no such record; rejects where DNS gave no answer. */
  srv(name: string): Promise<SrvRecord[]>
  /** IPv4 and IPv6 addresses, in the order to try them; empty where the name does not exist. */
  addresses(host: string): Promise<string[]>
}

const ABSENT = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'NXDOMAIN'])

async function absentIsEmpty<T>(work: Promise<T[]>): Promise<T[]> {
  try {
    return await work
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

/** The operating system's resolver for addresses (hosts file included), plain DNS for SRV. */
export function createSystemDns(): Dns {
  return {
    // A resolver per query: a long-lived one keeps the name servers of the network it was made in.
    srv: (name) => absentIsEmpty(new Resolver({ timeout: 2500, tries: 2 }).resolveSrv(name)),
    addresses: async (host) =>
      (await absentIsEmpty(lookup(host, { all: true, order: 'verbatim' }))).map((entry) => entry.address),
  }
}
