export type AddressSource = 'mdns' | 'static' | 'link' | 'inbound' | 'remembered'

export interface PeerAddress {
  readonly host: string
  readonly port: number
  source: AddressSource
  learned: number
  lastSuccess?: number
  lastFailure?: number
}

const maxAddresses = 8
const preference: readonly AddressSource[] = ['static', 'link', 'mdns', 'inbound', 'remembered']

/** Adds or refreshes; true if the address is new. The least promising one goes where there are too many. */
export function addAddress(addresses: PeerAddress[], added: PeerAddress): boolean {
  const known = find(addresses, added)
  if (known !== undefined) {
    known.learned = Math.max(known.learned, added.learned)
    if (preference.indexOf(added.source) < preference.indexOf(known.source)) known.source = added.source
    return false
  }
  addresses.push({ ...added })
  if (addresses.length > maxAddresses) {
    const worst = addresses
      .filter(({ source }) => source !== 'static' && source !== 'link')
      .sort((a, b) => (a.lastSuccess ?? 0) - (b.lastSuccess ?? 0) || a.learned - b.learned)[0]
    const index = worst === undefined ? addresses.length - 1 : addresses.indexOf(worst)
    addresses.splice(index, 1)
    return worst === undefined || worst.host !== added.host || worst.port !== added.port
  }
  return true
}

/** What worked last and has not failed since, then by source, then the newest; what failed comes last. */
export function bestFirst(addresses: readonly PeerAddress[]): PeerAddress[] {
  return [...addresses].sort(
    (a, b) =>
      Number(isFailing(a)) - Number(isFailing(b)) ||
      (b.lastSuccess ?? 0) - (a.lastSuccess ?? 0) ||
      preference.indexOf(a.source) - preference.indexOf(b.source) ||
      b.learned - a.learned,
  )
}

/** True if this address had not succeeded before. */
export function recordSuccess(
  addresses: PeerAddress[],
  at: { host: string; port: number },
  now: number,
): boolean {
  const known = find(addresses, at)
  if (known === undefined) return false
  const first = known.lastSuccess === undefined
  known.lastSuccess = now
  return first
}

export function recordFailure(
  addresses: PeerAddress[],
  at: { host: string; port: number },
  now: number,
): void {
  const known = find(addresses, at)
  if (known !== undefined) known.lastFailure = now
}

function isFailing(address: PeerAddress): boolean {
  return address.lastFailure !== undefined && address.lastFailure > (address.lastSuccess ?? 0)
}

function find(
  addresses: readonly PeerAddress[],
  at: { host: string; port: number },
): PeerAddress | undefined {
  return addresses.find(({ host, port }) => host === at.host && port === at.port)
}
