import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'
import type { Clock } from '../../trace/clock.ts'

export interface WatchOptions {
  readonly clock: Clock
  /** Addresses came or went, or this process slept: connections from before may lead nowhere. */
  readonly onChange: (reason: 'addresses' | 'slept') => void
  /**
   * Every time it looks: the addresses of this machine, without zones. An address that went and came between two
   * looks is no change, and yet whoever used it is cut off.
   */
  readonly onLook?: ((addresses: ReadonlySet<string>) => void) | undefined
  /** For tests: a stand-in for the system's list. */
  readonly listInterfaces?: (() => NodeJS.Dict<NetworkInterfaceInfo[]>) | undefined
}

const EVERY_MS = 2_000
/** A timer that is so late was not late: the machine was asleep. A busy one is never so busy. */
const ASLEEP_MS = 15_000

/**
 * Watches for what no event tells: an address that comes or goes, and a sleep of the machine (whose monotonic
 * clock may sleep with it, while the other goes on). Returns what ends it.
 */
export function watchNetwork({
  clock,
  onChange,
  onLook,
  listInterfaces = networkInterfaces,
}: WatchOptions): () => void {
  let known = addresses(listInterfaces())
  let monotonic = clock.monotonic()
  let wall = clock.now()
  let cancel = clock.setTimeout(look, EVERY_MS)

  function look(): void {
    const slept = Math.max(clock.monotonic() - monotonic, clock.now() - wall) > ASLEEP_MS
    monotonic = clock.monotonic()
    wall = clock.now()
    const all = listInterfaces()
    const found = addresses(all)
    const changed = found !== known
    known = found
    cancel = clock.setTimeout(look, EVERY_MS)
    if (changed) onChange('addresses')
    else if (slept) onChange('slept')
    onLook?.(new Set(Object.values(all).flatMap((infos) => (infos ?? []).map((info) => info.address))))
  }

  return () => cancel()
}

/** Those of other machines' concern, in one text to compare. Temporary IPv6 addresses change without anybody's harm. */
function addresses(all: NodeJS.Dict<NetworkInterfaceInfo[]>): string {
  return Object.entries(all)
    .flatMap(([name, infos]) =>
      (infos ?? [])
        .filter((info) => !info.internal && info.family === 'IPv4')
        .map((info) => `${name} ${info.cidr}`),
    )
    .toSorted()
    .join()
}
