import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'
import { isLoopback } from './http/loopback-guard.ts'
import {
  describeInterfaces,
  usableInterfaces,
  type InterfaceInfo,
  type LanInterface,
} from './federation/discovery/index.ts'

/** An interface as its owner may choose it. */
export interface InterfaceRow extends InterfaceInfo {
  /** Whether it is used where nobody chose. */
  readonly automatic: boolean
  /** Whether it is used now. */
  readonly used: boolean
}

/** On which of the machine's networks the node announces itself and looks for others. */
export interface InterfaceChoice {
  /** What the owner chose; empty: those that lead to networks of people. */
  readonly names: readonly string[]
  set(names: readonly string[]): void
  /** The names that discovery keeps to; undefined leaves it to itself. */
  readonly only: () => readonly string[] | undefined
  /** Those in use now. */
  readonly used: () => LanInterface[]
  /** All that the machine has. */
  readonly list: () => InterfaceRow[]
}

interface Parts {
  readonly initial: readonly string[]
  /** Where other servers come in: an address, or a wildcard. */
  readonly listensAt: string
  /** For tests: a stand-in for the system's list. */
  readonly listInterfaces?: (() => NodeJS.Dict<NetworkInterfaceInfo[]>) | undefined
}

export function createInterfaceChoice({
  initial,
  listensAt,
  listInterfaces = networkInterfaces,
}: Parts): InterfaceChoice {
  let names = initial

  function only(): readonly string[] | undefined {
    // Who listens on loopback only can be reached from nowhere else, and says so nowhere else.
    if (isLoopback(listensAt))
      return describeInterfaces(listInterfaces()).flatMap(({ name, kind }) =>
        kind === 'loopback' ? [name] : [],
      )
    // One that is gone is not replaced by another: people choose so that nobody else hears of them.
    if (names.length > 0) return names
    const all = listInterfaces()
    const listening = Object.entries(all).flatMap(([name, infos]) =>
      infos?.some(({ address }) => address === listensAt) === true ? [name] : [],
    )
    return usableInterfaces(all, listening).length === 0 ? undefined : listening
  }

  return {
    get names() {
      return names
    },
    set(next) {
      names = next
    },
    only,
    used: () => usableInterfaces(listInterfaces(), only()),
    list() {
      const all = listInterfaces()
      const namesOf = (interfaces: readonly LanInterface[]): Set<string> =>
        new Set(interfaces.map(({ name }) => name))
      const automatic = namesOf(usableInterfaces(all))
      const used = namesOf(usableInterfaces(all, only()))
      return describeInterfaces(all).map((each) => ({
        ...each,
        automatic: automatic.has(each.name),
        used: used.has(each.name),
      }))
    },
  }
}
