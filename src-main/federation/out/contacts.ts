import { publicKeyFromServerName } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { attemptWords } from './attempt-words.ts'
import { OvertakenError, type DialAttempt } from './dial.ts'
import type { Measurement } from './measure.ts'
import { tlsFactsOf, type TlsFacts } from './peer-tls.ts'
import type { Route } from './resolve-server-name.ts'

/** How one address of a server did. Times in ms since the epoch. */
export interface TriedAddress {
  readonly host: string
  readonly port: number
  /** Of this machine's, the one that the connection went out by. */
  interface: string | undefined
  lastSuccess: number | undefined
  lastFailure: number | undefined
  /** Why it failed last, for people. */
  failure: string | undefined
}

export interface ContactEvent {
  readonly ts: number
  readonly kind: 'learned' | 'appeared' | 'gone' | 'removed' | 'mismatch' | 'tls' | 'software'
  /** What a kind alone does not say. */
  readonly detail: string | undefined
}

/** What this run of the node has seen of another server, by its own connections and requests. */
export interface Contact {
  route: { readonly step: string; readonly targets: Route['targets']; readonly ts: number } | undefined
  /** The one tried last at the end. */
  readonly addresses: TriedAddress[]
  /** Of the last handshake, also of one that showed somebody else. */
  tls: (TlsFacts & { readonly ts: number }) | undefined
  announcedOn: string | undefined
  /** The newest last. */
  readonly roundTrips: number[]
  measuredTs: number | undefined
  clock: { readonly differenceMs: number; readonly uncertaintyMs: number; readonly ts: number } | undefined
  software: { readonly name: string; readonly version: string } | undefined
  /** Connections made so far. */
  dials: number
  readonly events: ContactEvent[]
}

export interface Contacts {
  /** The way by the specification's "Resolving server names". */
  routed(server: ServerName, route: Route): void
  attempted(server: ServerName, attempt: DialAttempt): void
  /** Discovery heard of it on this interface. */
  announced(server: ServerName, on: string | undefined): void
  measured(server: ServerName, measurement: Measurement): void
  happened(server: ServerName, kind: ContactEvent['kind'], detail?: string): void
  of(server: ServerName): Contact | undefined
  servers(): ServerName[]
}

const MAX_SERVERS = 1_000
const MAX_ADDRESSES = 16
const MAX_EVENTS = 60
const ROUND_TRIPS = 15

/**
 * Kept beside what the connections themselves do, by what they themselves report; in memory, as another run or
 * another network is another matter. Bounded: whoever was not heard of for longest is forgotten.
 */
export function createContacts(deps: {
  readonly clock: Pick<Clock, 'now'>
  /** The name of the interface with this address of this machine. */
  readonly interfaceOf: (address: string) => string | undefined
}): Contacts {
  const { clock } = deps
  const contacts = new Map<ServerName, Contact>()

  function contactOf(server: ServerName): Contact {
    const known = contacts.get(server)
    if (known !== undefined) {
      // The order of the map is the order of use.
      contacts.delete(server)
      contacts.set(server, known)
      return known
    }
    const [oldest] = contacts.keys()
    if (contacts.size >= MAX_SERVERS && oldest !== undefined) contacts.delete(oldest)
    const fresh: Contact = {
      route: undefined,
      addresses: [],
      tls: undefined,
      announcedOn: undefined,
      roundTrips: [],
      measuredTs: undefined,
      clock: undefined,
      software: undefined,
      dials: 0,
      events: [],
    }
    contacts.set(server, fresh)
    return fresh
  }

  function note(contact: Contact, kind: ContactEvent['kind'], detail?: string): void {
    contact.events.push({ ts: clock.now(), kind, detail })
    if (contact.events.length > MAX_EVENTS) contact.events.shift()
  }

  function addressOf(contact: Contact, { host, port }: { host: string; port: number }): TriedAddress {
    const at = contact.addresses.findIndex((each) => each.host === host && each.port === port)
    const address = contact.addresses.splice(at, at === -1 ? 0 : 1)[0] ?? {
      host,
      port,
      interface: undefined,
      lastSuccess: undefined,
      lastFailure: undefined,
      failure: undefined,
    }
    contact.addresses.push(address)
    if (contact.addresses.length > MAX_ADDRESSES) contact.addresses.shift()
    return address
  }

  function seen(server: ServerName, contact: Contact, attempt: DialAttempt): void {
    const tls = tlsFactsOf(attempt, publicKeyFromServerName(server) !== undefined)
    if (tls === undefined) return
    const before = contact.tls
    if (tls.match === 'mismatch') {
      // A stranger who answers again and again at an old address is one event.
      if (before?.match !== 'mismatch' || before.serverKey !== tls.serverKey)
        note(contact, 'mismatch', attemptWords(attempt.error))
    } else if (before !== undefined && before.match !== tls.match) {
      note(contact, 'tls', tls.match)
    }
    contact.tls = { ...tls, ts: clock.now() }
  }

  return {
    routed(server, { step, targets }) {
      contactOf(server).route = { step, targets, ts: clock.now() }
    },

    attempted(server, attempt) {
      if (attempt.error instanceof OvertakenError) return
      const contact = contactOf(server)
      const address = addressOf(contact, attempt.target)
      if (attempt.error === undefined) {
        contact.dials++
        address.lastSuccess = clock.now()
        const { localAddress } = attempt.socket
        address.interface = localAddress === undefined ? undefined : deps.interfaceOf(localAddress)
      } else {
        address.lastFailure = clock.now()
        address.failure = attemptWords(attempt.error)
      }
      seen(server, contact, attempt)
    },

    announced(server, on) {
      contactOf(server).announcedOn = on
    },

    measured(server, { roundTripMs, isFresh, software, clock: difference }) {
      const contact = contactOf(server)
      const ts = clock.now()
      // A new connection's handshakes are no part of a round trip.
      if (!isFresh) {
        contact.roundTrips.push(roundTripMs)
        if (contact.roundTrips.length > ROUND_TRIPS) contact.roundTrips.shift()
        contact.measuredTs = ts
      }
      if (difference !== undefined && (!isFresh || contact.clock === undefined))
        contact.clock = { ...difference, ts }
      if (software !== undefined) {
        const { name, version } = software
        const before = contact.software
        if (before !== undefined && (before.name !== name || before.version !== version))
          note(contact, 'software', `${name} ${version}`)
        contact.software = software
      }
    },

    happened: (server, kind, detail) => note(contactOf(server), kind, detail),
    of: (server) => contacts.get(server),
    servers: () => [...contacts.keys()],
  }
}
