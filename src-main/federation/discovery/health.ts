import type { Clock } from '../../trace/clock.ts'
import { interfaceKey } from './interfaces.ts'
import type { LanInterface } from './interfaces.ts'

/** How discovery fares on one interface; durations in milliseconds. */
export interface LinkHealth {
  readonly at: LanInterface
  /** Why nothing can be said or heard there. */
  readonly error: string | undefined
  readonly openForMs: number
  /** The system gives a machine its own multicast back; a firewall on it may take it away. */
  readonly heardSelf: boolean
  /** Since another node was heard there, or since it began, if none was. */
  readonly quietForMs: number
}

interface Entry {
  readonly at: LanInterface
  since: number
  openError: string | undefined
  sendError: string | undefined
  /** Failures in a row; one alone is what any change of network brings. */
  unsent: number
  heardSelf: boolean
  heardOther: number | undefined
}

/** Remembers of each interface whether discovery works there, for who explains it to people. */
export class DiscoveryHealth {
  private readonly clock: Pick<Clock, 'monotonic'>
  private readonly entries = new Map<string, Entry>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.clock = clock
  }

  opened(at: LanInterface): void {
    this.entries.set(interfaceKey(at), this.fresh(at))
  }

  /** True if it failed for the first time. */
  failed(at: LanInterface, error: string): boolean {
    const before = this.entries.get(interfaceKey(at))
    this.entries.set(interfaceKey(at), { ...(before ?? this.fresh(at)), openError: error })
    return before?.openError === undefined
  }

  /** Only these interfaces are there. */
  keep(keys: { has(key: string): boolean }): void {
    for (const key of this.entries.keys()) if (!keys.has(key)) this.entries.delete(key)
  }

  sent(at: LanInterface, error: string | undefined): void {
    const entry = this.entries.get(interfaceKey(at))
    if (entry === undefined) return
    entry.unsent = error === undefined ? 0 : entry.unsent + 1
    entry.sendError = error
  }

  heard(at: LanInterface, who: 'self' | 'other'): void {
    const entry = this.entries.get(interfaceKey(at))
    if (entry === undefined) return
    if (who === 'self') entry.heardSelf = true
    else entry.heardOther = this.clock.monotonic()
  }

  list(): LinkHealth[] {
    const now = this.clock.monotonic()
    return [...this.entries.values()].map((entry) => ({
      at: entry.at,
      error: entry.openError ?? (entry.unsent > 1 ? entry.sendError : undefined),
      openForMs: now - entry.since,
      heardSelf: entry.heardSelf,
      quietForMs: now - (entry.heardOther ?? entry.since),
    }))
  }

  private fresh(at: LanInterface): Entry {
    return {
      at,
      since: this.clock.monotonic(),
      openError: undefined,
      sendError: undefined,
      unsent: 0,
      heardSelf: false,
      heardOther: undefined,
    }
  }
}
