import { encodeUnpaddedBase64 } from './core/base64.ts'
import { fingerprintOf, publicKeyFromServerName } from './core/ids.ts'
import type { RoomId, ServerName } from './core/types.ts'
import { clockWords } from './federation/clock-words.ts'
import type { LinkHealth, PeerInfo, PeerTable } from './federation/discovery/index.ts'
import { attemptWords } from './federation/out/attempt-words.ts'
import type { Contact, Contacts } from './federation/out/contacts.ts'
import type { Measuring } from './federation/out/measure.ts'
import type { Outbox } from './federation/out/outbox.ts'
import type { OutboxStore, SeenKey, ServerKeyStore } from './federation/out/ports.ts'
import type { InspectedPeers } from './inspector/peers/index.ts'
import type { InspectedPeer, MeasuredPeer, PeerDetail } from './inspector/peers/schema.ts'
import { RemoteError } from './rooms/ports.ts'
import type { Clock } from './trace/clock.ts'

export interface InspectPeersParts {
  readonly serverName: ServerName
  readonly peers: Pick<PeerTable, 'list' | 'candidates'>
  readonly contacts: Contacts
  readonly measuring: Measuring
  readonly keyStore: Pick<ServerKeyStore, 'keys' | 'history'>
  readonly outbox: Pick<Outbox, 'status' | 'dialled'>
  readonly outboxStore: Pick<OutboxStore, 'queuedFor' | 'destinations'>
  /** The rooms of this node's people, with the servers in them. */
  readonly rooms: () => ReadonlyMap<RoomId, readonly ServerName[]>
  readonly nameOf: (server: ServerName) => string | undefined
  readonly allowed: (server: ServerName) => boolean
  readonly addresses: () => readonly string[]
  readonly links: () => readonly LinkHealth[] | undefined
  readonly clock: Clock
}

/** Read once for all of a list. */
interface Seen {
  readonly table: ReadonlyMap<ServerName, PeerInfo>
  readonly collecting: ReadonlySet<ServerName>
}

const MAX_PEERS = 1_000
const MAX_ROOM_IDS = 100
const ROOMS_AGE_MS = 5_000
const MEASURED = 4
/** A certificate of this kind says that it never ends. */
const NEVER_MS = Date.UTC(9000, 0)

/** The *Peers* view: what discovery, the connections, the keys and the queue know of each other server. */
export function createInspectedPeers(parts: InspectPeersParts): InspectedPeers {
  const { contacts, peers, clock } = parts
  let rooms: { at: number; byServer: Map<ServerName, RoomId[]> } | undefined

  function roomsByServer(): Map<ServerName, RoomId[]> {
    if (rooms !== undefined && clock.monotonic() - rooms.at < ROOMS_AGE_MS) return rooms.byServer
    const byServer = new Map<ServerName, RoomId[]>()
    for (const [roomId, servers] of parts.rooms()) {
      for (const server of servers) {
        const known = byServer.get(server)
        if (known === undefined) byServer.set(server, [roomId])
        else known.push(roomId)
      }
    }
    rooms = { at: clock.monotonic(), byServer }
    return byServer
  }

  function inspect(server: ServerName, { table, collecting }: Seen): InspectedPeer {
    const contact = contacts.of(server)
    const known = table.get(server)
    const addresses = addressesOf(server, contact)
    return {
      server_name: server,
      display_name: parts.nameOf(server) ?? null,
      fingerprint: fingerprintOf(server),
      key_named: publicKeyFromServerName(server) !== undefined,
      found: [...new Set(addresses.map((each) => each.source))],
      route:
        contact?.route === undefined
          ? null
          : { step: contact.route.step, targets: contact.route.targets.map(textOf) },
      interface: addresses.find((each) => each.interface !== null)?.interface ?? contact?.announcedOn ?? null,
      reachable: known?.reachable ?? parts.outbox.dialled.last(server)?.reached ?? reachedOf(contact),
      one_sided: collecting.has(server),
      addresses,
      round_trip: roundTripOf(contact),
      tls: tlsOf(contact),
      software: contact?.software ?? null,
      last_seen_ts: newest([known?.last_seen_ts, ...addresses.map((each) => each.last_success_ts)]),
      clock:
        contact?.clock === undefined
          ? null
          : {
              difference_ms: contact.clock.differenceMs,
              uncertainty_ms: contact.clock.uncertaintyMs,
              words: clockWords(contact.clock.differenceMs, contact.clock.uncertaintyMs),
              ts: contact.clock.ts,
            },
      allowed: parts.allowed(server),
      rooms: roomsByServer().get(server)?.length ?? 0,
      queued: parts.outboxStore.queuedFor(server),
      key_change: keyChangeOf(parts.keyStore, server),
    }
  }

  /** The table's, best first, with how each did; then those that only the connections know. */
  function addressesOf(server: ServerName, contact: Contact | undefined): InspectedPeer['addresses'] {
    const tried = new Map((contact?.addresses ?? []).map((each) => [textOf(each), each]))
    const found: InspectedPeer['addresses'] = peers.candidates(server).map((candidate) => {
      const address = textOf(candidate)
      const how = tried.get(address)
      tried.delete(address)
      return {
        address,
        source: candidate.source,
        interface: how?.interface ?? null,
        last_success_ts: newest([how?.lastSuccess, candidate.lastSuccess]),
        last_failure_ts: how?.lastFailure ?? null,
        failure: how?.failure ?? null,
      }
    })
    for (const [address, how] of [...tried].toReversed()) {
      found.push({
        address,
        source: publicKeyFromServerName(server) === undefined ? 'dns' : 'remembered',
        interface: how.interface ?? null,
        last_success_ts: how.lastSuccess ?? null,
        last_failure_ts: how.lastFailure ?? null,
        failure: how.failure ?? null,
      })
    }
    return found
  }

  function known(): ServerName[] {
    const all = new Set<ServerName>([
      ...peers.list().map((peer) => peer.server_name),
      ...parts.outbox.status().map((each) => each.destination),
      ...roomsByServer().keys(),
      ...contacts.servers(),
    ])
    all.delete(parts.serverName)
    return [...all].slice(0, MAX_PEERS)
  }

  const look = (): Seen => ({
    table: new Map(peers.list().map((peer) => [peer.server_name, peer])),
    collecting: new Set(parts.outbox.status().flatMap((each) => (each.collects ? [each.destination] : []))),
  })

  return {
    list() {
      const seen = look()
      return {
        now: clock.now(),
        self: {
          server_name: parts.serverName,
          fingerprint: fingerprintOf(parts.serverName),
          addresses: [...parts.addresses()],
          interfaces: (parts.links() ?? []).map(({ at, error }) => ({
            name: at.name,
            address: at.address,
            problem: error ?? null,
          })),
        },
        peers: known().map((server) => inspect(server, seen)),
      }
    },

    detail(server) {
      if (!known().includes(server)) return undefined
      const events: PeerDetail['timeline'] = (contacts.of(server)?.events ?? []).map((event) => ({
        ...event,
        detail: event.detail ?? null,
      }))
      const change = keyChangeOf(parts.keyStore, server)
      if (change !== null)
        events.push({ ts: change.after.since_ts, kind: 'key', detail: change.after.key_id })
      return {
        now: clock.now(),
        peer: inspect(server, look()),
        room_ids: (roomsByServer().get(server) ?? []).slice(0, MAX_ROOM_IDS),
        keys: keysOf(parts.keyStore, server),
        timeline: events.toSorted((a, b) => b.ts - a.ts),
      }
    },

    async measure(server, signal): Promise<MeasuredPeer> {
      const roundTrips: number[] = []
      try {
        while (roundTrips.length < MEASURED && !signal.aborted) {
          const { isFresh, roundTripMs } = await parts.measuring.measure(server, signal)
          // The first one may have had to connect.
          if (!isFresh || roundTrips.length > 0) roundTrips.push(roundTripMs)
        }
        return { ok: true, round_trips_ms: roundTrips, words: null }
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error
        return { ok: false, round_trips_ms: roundTrips, words: unansweredWords(error) }
      }
    },
  }
}

/** A sentence about a request that had no answer. */
export function unansweredWords(error: RemoteError): string {
  if (error.status !== undefined) return `It answers with an error (${error.status}).`
  if (error.cause === undefined) return error.message
  const reason = error.cause instanceof Error ? error.cause.message : attemptWords(error.cause)
  return `It cannot be reached: ${reason.slice(0, 400)}`
}

/** The newest current key took another's place; null where nothing changed since this node knows the server. */
export function keyChangeOf(
  store: Pick<ServerKeyStore, 'keys' | 'history'>,
  server: ServerName,
): InspectedPeer['key_change'] {
  const seen = store.history(server)
  const latest = Math.max(...seen.map((key) => key.lastSeenTs))
  const current = seen.filter((key) => key.lastSeenTs === latest)
  const after = current.toSorted((a, b) => b.firstSeenTs - a.firstSeenTs)[0]
  const before = seen.find((key) => key.lastSeenTs < latest)
  if (after === undefined || before === undefined || after.firstSeenTs <= before.firstSeenTs) return null
  const vouched = store
    .keys(server)
    .some((key) => key.old && key.keyId === before.keyId && key.publicKey === before.publicKey)
  return { before: seenKey(before), after: seenKey(after), vouched }
}

const seenKey = (key: SeenKey) => ({
  key_id: key.keyId,
  public_key: key.publicKey,
  since_ts: key.firstSeenTs,
})

function keysOf(store: Pick<ServerKeyStore, 'keys' | 'history'>, server: ServerName): PeerDetail['keys'] {
  const named = publicKeyFromServerName(server)
  if (named !== undefined) {
    const since = { since_ts: 0, old: false }
    return [{ key_id: 'ed25519:hearth', public_key: encodeUnpaddedBase64(named), ...since }]
  }
  const firstSeen = new Map(
    store.history(server).map((key) => [`${key.keyId} ${key.publicKey}`, key.firstSeenTs]),
  )
  return store.keys(server).map((key) => ({
    key_id: key.keyId,
    public_key: key.publicKey,
    since_ts: firstSeen.get(`${key.keyId} ${key.publicKey}`) ?? key.fetchedTs,
    old: key.old,
  }))
}

function reachedOf(contact: Contact | undefined): boolean | null {
  const tried = contact?.addresses ?? []
  if (tried.length === 0) return null
  return tried.some((each) => (each.lastSuccess ?? 0) > (each.lastFailure ?? 0))
}

function roundTripOf(contact: Contact | undefined): InspectedPeer['round_trip'] {
  const trips = contact?.roundTrips ?? []
  const last = trips.at(-1)
  if (last === undefined) return null
  const ordered = trips.toSorted((a, b) => a - b)
  return {
    last_ms: last,
    smoothed_ms: ordered[Math.floor((ordered.length - 1) / 2)] ?? last,
    best_ms: ordered[0] ?? last,
    samples: trips.length,
    ts: contact?.measuredTs ?? 0,
  }
}

function tlsOf(contact: Contact | undefined): InspectedPeer['tls'] {
  const tls = contact?.tls
  if (tls === undefined) return null
  return {
    ts: tls.ts,
    version: tls.version,
    cipher: tls.cipher ?? null,
    certificate: tls.certificate,
    issuer: tls.issuer ?? null,
    valid_to_ts: Number.isFinite(tls.validToTs) && tls.validToTs < NEVER_MS ? tls.validToTs : null,
    match: tls.match,
    server_key: tls.serverKey ?? null,
  }
}

function newest(times: readonly (number | null | undefined)[]): number | null {
  const known = times.filter((ts) => ts !== null && ts !== undefined)
  return known.length === 0 ? null : Math.max(...known)
}

const textOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
