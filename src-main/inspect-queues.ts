import type { ServerName } from './core/types.ts'
import type { PeerTable } from './federation/discovery/index.ts'
import type { Contacts } from './federation/out/contacts.ts'
import type { DestinationStatus, Outbox } from './federation/out/outbox.ts'
import type { OutboxStore } from './federation/out/ports.ts'
import type { InspectedQueues } from './inspector/queues/index.ts'
import type { Queue, Retried } from './inspector/queues/schema.ts'
import type { OutboxLook } from './storage/outbox-look.ts'
import { sleep, type Clock } from './trace/clock.ts'

export interface InspectQueuesParts {
  readonly outbox: Pick<Outbox, 'status' | 'retryNow'>
  readonly store: Pick<OutboxStore, 'queuedFor' | 'destinations'>
  readonly look: OutboxLook
  readonly contacts: Pick<Contacts, 'of'>
  readonly peers: Pick<PeerTable, 'list'>
  readonly nameOf: (server: ServerName) => string | undefined
  readonly allowed: (server: ServerName) => boolean
  readonly clock: Clock
}

/** Somebody waits for the answer; what takes longer goes on. */
const RETRY_WAIT_MS = 20_000
const MAX_QUEUES = 1_000

/** The *Queues* view: the outbox as its lanes and its store know it. */
export function createInspectedQueues(parts: InspectQueuesParts): InspectedQueues {
  const { outbox, look, clock } = parts

  function queueOf(
    server: ServerName,
    status: DestinationStatus | undefined,
    notTaken: number,
    lastSeen: number | undefined,
  ): Queue {
    const { pdus, edus } = status === undefined ? parts.store.queuedFor(server) : waitingIn(status)
    const size = pdus + edus === 0 ? { bytes: 0, oldestTs: undefined } : look.size(server)
    const retryIn = status?.retryAt === undefined ? undefined : status.retryAt - clock.now()
    const addresses = parts.contacts.of(server)?.addresses ?? []
    return {
      server_name: server,
      display_name: parts.nameOf(server) ?? null,
      allowed: parts.allowed(server),
      pdus,
      edus,
      bytes: size.bytes,
      oldest_ts: size.oldestTs ?? null,
      sending: status?.sending ?? false,
      collects: status?.collects ?? false,
      failures: status?.failures ?? 0,
      last_attempt_ts: status?.lastAttempt ?? null,
      retry_in_ms: retryIn === undefined || status?.sending === true ? null : Math.max(0, retryIn),
      asks_to_wait: status?.asksToWait ?? false,
      away_since_ts: status?.since ?? null,
      last_seen_ts: lastSeen ?? newest(addresses.map((each) => each.lastSuccess)) ?? null,
      error: status?.lastError ?? null,
      failed_addresses: addresses.flatMap((each) => {
        const { failure, lastFailure, lastSuccess = 0 } = each
        if (failure === undefined || lastFailure === undefined || lastSuccess > lastFailure) return []
        const host = each.host.includes(':') ? `[${each.host}]` : each.host
        return [{ address: `${host}:${each.port}`, words: failure, ts: lastFailure }]
      }),
      not_taken: notTaken,
    }
  }

  function all(): Queue[] {
    const statuses = new Map(outbox.status().map((status) => [status.destination, status]))
    const notTaken = new Map(look.notTakenCounts().map((each) => [each.destination, each.count]))
    const seen = lastSeen()
    return [...new Set([...statuses.keys(), ...notTaken.keys()])]
      .slice(0, MAX_QUEUES)
      .map((server) => queueOf(server, statuses.get(server), notTaken.get(server) ?? 0, seen.get(server)))
      .filter((queue) => queue.pdus + queue.edus + queue.not_taken > 0 || queue.failures > 0 || queue.sending)
  }

  const lastSeen = (): Map<ServerName, number | undefined> =>
    new Map(parts.peers.list().map((peer) => [peer.server_name, peer.last_seen_ts]))

  const statusOf = (server: ServerName): DestinationStatus | undefined =>
    outbox.status().find((status) => status.destination === server)

  async function retry(server: ServerName): Promise<Retried> {
    const said = (result: Retried['result'], words: string): Retried => ({
      server_name: server,
      result,
      words,
    })
    if (!parts.allowed(server))
      return said(
        'denied',
        'The rules of this Hearth do not allow that server. What is for it waits until they do.',
      )
    const before = statusOf(server)
    if (before?.asksToWait === true)
      return said(
        'asked to wait',
        'That server is there and asked to be left alone for a moment. It gets it then.',
      )
    const { pdus, edus } = parts.store.queuedFor(server)
    if (pdus + edus === 0) return said('nothing waits', 'Nothing waits for that server.')
    // A timer that goes on after the answer changes nothing.
    await Promise.race([outbox.retryNow(server), sleep(clock, RETRY_WAIT_MS)])
    const after = statusOf(server)
    if (after === undefined || waitingIn(after).pdus + waitingIn(after).edus === 0)
      return said('sent', 'Everything that waited has arrived.')
    if (after.sending || after.collects) return said('sending', 'It is on its way.')
    return said('failed', after.lastError ?? 'It did not work. It is tried again.')
  }

  return {
    list: () => ({ now: clock.now(), queues: all() }),

    detail(server) {
      const notTaken = look.notTaken(server)
      const found = look.queue(server)
      return {
        now: clock.now(),
        queue: queueOf(server, statusOf(server), notTaken.length, lastSeen().get(server)),
        rooms: found.rooms.map((room) => ({
          room_id: room.roomId,
          events: room.events,
          oldest_ts: room.oldestTs ?? null,
          bytes: room.bytes,
          kind: room.kind,
        })),
        edus: found.edus.map((edu) => ({ ...edu })),
        first: found.first.map((event) => ({
          event_id: event.eventId,
          room_id: event.roomId,
          type: event.type ?? null,
          state_key: event.stateKey ?? null,
          sender: event.sender ?? null,
          ts: event.originServerTs ?? null,
          bytes: event.bytes,
        })),
        partial: found.isPartial,
        not_taken: notTaken.map((each) => ({
          event_id: each.eventId ?? null,
          room_id: each.roomId ?? null,
          ts: each.ts,
          reason: each.reason ?? null,
          kind: each.kind,
        })),
      }
    },

    retry(server) {
      const servers = server === undefined ? parts.store.destinations() : [server]
      return Promise.all(servers.slice(0, MAX_QUEUES).map(retry))
    },
  }
}

const waitingIn = (status: DestinationStatus) => ({ pdus: status.queuedPdus, edus: status.queuedEdus })

function newest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ts) => ts !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
