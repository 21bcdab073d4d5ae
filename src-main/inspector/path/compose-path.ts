import { parseUserId } from '../../core/ids.ts'
import type { EventId, ServerName } from '../../core/types.ts'
import type { StoredEvent } from '../../rooms/ports.ts'
import type { Arrival, Findings, Found, Verdict } from './findings.ts'
import type { PathSources } from './ports.ts'
import { destinationOf } from './compose-destination.ts'
import { readersByServer } from './readers.ts'
import type { EventPath, PathServer, PathStep } from './schema.ts'

type Step = PathStep

/** All that is known here of the path of an event; undefined where that is nothing. */
export function composePath(
  sources: PathSources,
  eventId: EventId,
  found: Findings,
  traceFrom: number | undefined,
): EventPath | undefined {
  const event = sources.rooms.getEvent(eventId)
  if (event === undefined && found.verdicts.length + found.arrivals.length === 0) return undefined
  const writer = event === undefined ? undefined : parseUserId(event.pdu.sender)?.serverName
  const isOwn = writer === sources.own
  return {
    event_id: eventId,
    ...(event === undefined
      ? {}
      : {
          room_id: event.pdu.roomId,
          type: event.pdu.type,
          sender: event.pdu.sender,
          origin_server_ts: event.pdu.originServerTs,
          status: event.status,
        }),
    direction: isOwn ? 'out' : 'in',
    ...(traceFrom === undefined ? {} : { trace_from: Math.round(traceFrom) }),
    here:
      isOwn && event !== undefined
        ? ownSteps(sources, event, found)
        : incomingSteps(sources, event, found, traceFrom),
    servers:
      isOwn && event !== undefined
        ? destinationsOf(sources, event, found)
        : writer === undefined
          ? []
          : [senderOf(sources, writer)],
  }
}

function ownSteps(sources: PathSources, event: StoredEvent, found: Findings): Step[] {
  const forgotten = 'When is not recorded any more.'
  const known = (kind: Step['kind'], words: string, at: Found | undefined): Step =>
    at === undefined ? { kind, state: 'done', words: `${words} ${forgotten}` } : step(kind, 'done', words, at)
  const { queued } = found
  return [
    known('composed', 'The message came to this Hearth.', found.composed),
    known('signed', 'Hashed and signed with the key of this Hearth.', found.signed),
    known('authorised', 'The rules of the room allow it.', found.authorised),
    ...(queued === undefined
      ? []
      : [
          step(
            'queued',
            'done',
            queued.servers.length === 0
              ? 'Nobody in the room is on another server, so it goes to none.'
              : `Queued for ${queued.servers.length === 1 ? 'one other server' : `${queued.servers.length} other servers`}.`,
            queued,
          ),
        ]),
    found.durable === undefined
      ? { kind: 'stored', state: 'done', ts: Math.round(event.receivedTs), words: 'On disk.' }
      : step('stored', 'done', 'On disk, and only now told to anybody.', found.durable),
    ...visibleSteps(sources, event, found),
    ...readSteps(sources, event),
  ]
}

function incomingSteps(
  sources: PathSources,
  event: StoredEvent | undefined,
  found: Findings,
  traceFrom: number | undefined,
): Step[] {
  const [arrival] = found.arrivals
  const steps: Step[] = []
  if (arrival !== undefined) steps.push(step('received', 'done', arrivalWords(arrival), arrival))
  else if (event?.receivedFrom !== undefined)
    steps.push({
      kind: 'received',
      state: 'done',
      ts: Math.round(event.receivedTs),
      words: `${event.receivedFrom} gave it; how it came is not recorded.`,
    })
  else
    steps.push({
      kind: 'received',
      state: 'unknown',
      words:
        event !== undefined && traceFrom !== undefined && event.receivedTs > traceFrom
          ? 'It came with something bigger, such as the state of the room on joining.'
          : 'From whom it came, and how, is not recorded any more.',
    })
  steps.push(verdictStep(event, found.verdicts.at(-1)))
  if (event !== undefined && event.status !== 'rejected')
    steps.push({ kind: 'stored', state: 'done', ts: Math.round(event.receivedTs), words: 'On disk.' })
  if (event === undefined) return steps
  return [...steps, ...visibleSteps(sources, event, found), ...readSteps(sources, event)]
}

function arrivalWords({ how, server }: Arrival): string {
  const who = server ?? 'Another server'
  if (how === 'sent') return `${who} sent it in a transaction.`
  if (how === 'collected') return `Collected from ${who}, which cannot dial this Hearth.`
  return `It did not come by itself: this Hearth noticed that it was missing, and asked for it. ${who} gave it.`
}

function verdictStep(event: StoredEvent | undefined, verdict: Verdict | undefined): Step {
  const state = event?.status ?? verdict?.state
  const reason = event?.reason ?? verdict?.reason
  const at = verdict === undefined ? {} : { ts: Math.round(verdict.ts), record: verdict.record }
  const said = reason === undefined ? {} : { reason }
  const kind = 'authorised'
  switch (state) {
    case 'accepted':
      return {
        kind,
        state: 'done',
        words: 'Format, signatures, hash and the rules of the room: all right.',
        ...at,
      }
    case 'outlier':
      return {
        kind,
        state: 'done',
        words: 'Kept because other events name it; it has no place in the room.',
        ...at,
      }
    case 'soft-failed':
      return {
        kind,
        state: 'failed',
        words:
          'Soft-failed: right when it was written, but not by the state of the room now. It is not shown.',
        ...at,
        ...said,
      }
    case 'rejected':
      return {
        kind,
        state: 'failed',
        words: 'Rejected: the rules of the room do not allow it.',
        ...at,
        ...said,
      }
    case 'dropped':
      return { kind, state: 'failed', words: 'Not taken.', ...at, ...said }
    case 'waiting':
      return {
        kind,
        state: 'waiting',
        words: 'It waits for what it needs to be judged, and is tried again.',
        ...at,
        ...said,
      }
    case undefined:
      return { kind, state: 'waiting', words: 'It waits for its turn.' }
  }
}

/** Devices here that were given the event. */
function visibleSteps(sources: PathSources, event: StoredEvent, found: Findings): Step[] {
  if (event.timelinePos === undefined)
    return [{ kind: 'visible', state: 'failed', words: 'It is not shown: it has no place in the timeline.' }]
  const seen = new Set<string>()
  const first = found.synced.filter(({ user, device }) => {
    const key = `${user} ${device}`
    return !seen.has(key) && seen.add(key)
  })
  if (first.length === 0)
    return [
      {
        kind: 'visible',
        state: 'unknown',
        words: 'It is in the timeline; when an app fetched it is not recorded.',
      },
    ]
  const nameOf = ({ user, device }: (typeof first)[number]): string =>
    sources.deviceName(user, device) ?? device
  const names = first.map(nameOf)
  return first.map((synced) => {
    const name = nameOf(synced)
    const isOnly = names.indexOf(name) === names.lastIndexOf(name)
    const device = isOnly ? name : `${name} (${synced.device})`
    return step('visible', 'done', `Given to ${device} of ${synced.user}.`, synced)
  })
}

function readSteps(sources: PathSources, event: StoredEvent): Step[] {
  return (readersByServer(sources.rooms, event).get(sources.own) ?? [])
    .filter(({ user }) => user !== event.pdu.sender)
    .map(({ user, ts, later }) => ({
      kind: 'read',
      state: 'done',
      ts,
      words: later ? `${user} has read on, past this message.` : `${user} has read it.`,
    }))
}

function destinationsOf(sources: PathSources, event: StoredEvent, found: Findings): PathServer[] {
  const { eventId } = event.pdu
  const deliveries = new Map(sources.deliveries(eventId).map((fact) => [fact.server, fact]))
  const readers = readersByServer(sources.rooms, event)
  const servers = new Set<string>([
    ...deliveries.keys(),
    ...(found.queued?.servers ?? []),
    ...found.attempts.map(({ server }) => server),
  ])
  return [...servers].toSorted().map((name) => {
    const server = name as ServerName
    return destinationOf(sources, found, server, deliveries.get(server), readers.get(server) ?? [])
  })
}

function senderOf(sources: PathSources, server: ServerName): PathServer {
  return {
    server,
    role: 'sender',
    state: 'unknown',
    steps: [],
    attempts: [],
    attempts_before: 0,
    may_ask: sources.queue(server).allowed,
    readers: [],
  }
}

export function step(kind: Step['kind'], state: Step['state'], words: string, at: Found): Step {
  return { kind, state, ts: Math.round(at.ts), words, ...(at.record > 0 ? { record: at.record } : {}) }
}
