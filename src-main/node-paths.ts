import { serverNameOf } from './core/ids.ts'
import type { EventId, ServerName } from './core/types.ts'
import { EVENT_PATH, eventPathSchema, type EventPathAnswer } from './federation/event-path.ts'
import type { Outbox } from './federation/out/outbox.ts'
import type { OutboxStore } from './federation/out/ports.ts'
import type { SignedClient } from './federation/out/signed-client.ts'
import { findEvent, recallEvent, type Findings } from './inspector/path/findings.ts'
import type { PathSources, Told } from './inspector/path/ports.ts'
import { tellPath } from './inspector/path/tell-path.ts'
import type { Trace } from './inspector/trace.ts'
import { RoomError, type Rooms } from './rooms/api.ts'
import { RemoteError, type RoomStore } from './rooms/ports.ts'
import type { Clock } from './trace/clock.ts'

const ASK_TIMEOUT_MS = 10_000
const MAX_ANSWER = 16_384
/** To look for an event on disk takes a tenth of a second: so long no other server has it done again. */
const LEAST_BETWEEN_SEARCHES_MS = 2_000

interface PathParts {
  readonly serverName: ServerName
  readonly trace: Pick<Trace, 'page' | 'remembered' | 'running'>
  readonly store: RoomStore
  readonly outboxStore: Pick<OutboxStore, 'deliveries' | 'backoff'>
  readonly outbox: () => Pick<Outbox, 'troubleWith'>
  readonly domainAllowed: (server: ServerName) => boolean
  readonly client: Pick<SignedClient, 'request'>
  readonly rooms: () => Pick<Rooms, 'eventStanding' | 'presence'>
  readonly deviceName: PathSources['deviceName']
  readonly clock: Clock
}

/** Both ends of following one event: what is known here, and what Hearths tell each other. */
export function createNodePaths(parts: PathParts): {
  readonly sources: PathSources
  readonly pathFor: (origin: ServerName, eventId: EventId) => Promise<EventPathAnswer>
} {
  const { serverName, trace, store, clock } = parts

  async function ask(server: ServerName, eventId: EventId): Promise<Told> {
    const asked = clock.now()
    const began = clock.monotonic()
    try {
      const answer = await parts.client.request(server, {
        method: 'GET',
        path: `${EVENT_PATH}/${encodeURIComponent(eventId)}`,
        timeoutMs: ASK_TIMEOUT_MS,
        maxBytes: MAX_ANSWER,
      })
      const took = clock.monotonic() - began
      const parsed = eventPathSchema.safeParse(answer)
      return parsed.success
        ? { state: 'told', answer: parsed.data, asked, took }
        : { state: 'refused', words: 'The other server gave an answer that makes no sense.' }
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      if (error.status === undefined) return { state: 'unreachable', words: error.message }
      const unknown = error.errcode === undefined || error.errcode === 'M_UNRECOGNIZED'
      if (unknown && [400, 404, 405].includes(error.status)) return { state: 'mute' }
      if (error.errcode === 'M_NOT_FOUND') return { state: 'unknown-there' }
      return { state: 'refused', words: error.message }
    }
  }

  let searchedAt = -Infinity
  /** What others ask is answered from memory, and from disk where they may have read what came longer ago. */
  async function found(eventId: EventId, isKept: boolean): Promise<Findings> {
    const recalled = recallEvent(trace, eventId)
    const isKnown = recalled.arrivals.length + recalled.verdicts.length + recalled.synced.length > 0
    if (isKnown || !isKept || clock.monotonic() - searchedAt < LEAST_BETWEEN_SEARCHES_MS) return recalled
    searchedAt = clock.monotonic()
    return await findEvent(trace, eventId)
  }

  return {
    sources: {
      own: serverName,
      rooms: store,
      deliveries: (eventId) =>
        parts.outboxStore
          .deliveries(eventId)
          .map(({ destination, state, ts, error }) => ({ server: destination, state, ts, error })),
      queue(server) {
        const backoff = parts.outboxStore.backoff(server)
        const allowed = parts.domainAllowed(server)
        return {
          allowed,
          failures: backoff?.failures ?? 0,
          retryAt: backoff?.retryAt,
          lastError: allowed ? parts.outbox().troubleWith(server) : undefined,
        }
      },
      deviceName: parts.deviceName,
      ask,
    },
    async pathFor(origin, eventId) {
      const event = parts.rooms().eventStanding(origin, eventId)
      const isOwn = event !== undefined && serverNameOf(event.pdu.sender) === serverName
      const findings = await found(eventId, event !== undefined)
      // When a client looked is when somebody was there.
      const synced = parts.rooms().presence.tells(origin) ? findings.synced : []
      const told = tellPath(origin, event, isOwn, { ...findings, synced }, clock.now())
      if (told === undefined) throw new RoomError(404, 'M_NOT_FOUND', 'Nothing is known here of that event.')
      return told
    },
  }
}
