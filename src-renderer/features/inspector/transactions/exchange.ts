import type { TraceItem, TraceRecord } from '../../../client/trace.ts'
import { phasesIn, phasesOut, text, type Phase } from './phases.ts'

/** What is asked of the trace for this view: every operation that is a request between servers, or holds one. */
export const EXCHANGES = { text: '"label":"federation ' }

export interface EventResult {
  readonly eventId: string
  readonly state: 'taken' | 'refused' | 'undecided' | 'unknown'
  readonly reason: string | undefined
}

/** One request between this node and another, in either direction. */
export interface Exchange {
  readonly key: string
  readonly record: TraceRecord
  /** The item of the HTTP request itself; undefined where it was carried by another. */
  readonly request: TraceItem | undefined
  readonly direction: 'out' | 'in'
  readonly server: string
  readonly kind: ExchangeKind
  /** What was asked, in a few words. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly ts: number
  readonly ms: number
  readonly state: 'ok' | 'failed' | 'running'
  readonly status: number | undefined
  readonly problem: string | undefined
  readonly bytes: number | undefined
  readonly phases: readonly Phase[]
  readonly results: readonly EventResult[]
  readonly edus: number
}

export type ExchangeKind = 'transaction' | 'rooms' | 'history' | 'keys' | 'media' | 'other'

export const KINDS: readonly { value: ExchangeKind; label: string }[] = [
  { value: 'transaction', label: 'Transactions' },
  { value: 'rooms', label: 'Joining, inviting, leaving' },
  { value: 'history', label: 'Events and state' },
  { value: 'keys', label: 'Keys and devices' },
  { value: 'media', label: 'Files' },
  { value: 'other', label: 'Everything else' },
]

/** The requests that an operation is, or holds; the newest last. */
export function exchangesOf(record: TraceRecord): Exchange[] {
  if (record.label === 'federation send') {
    const request = record.children.find(({ label }) => label === 'federation request')
    return [request === undefined ? carried(record, 'out') : outgoing(record, request)]
  }
  const own =
    record.label === 'federation in'
      ? [incoming(record)]
      : record.label === 'federation collected'
        ? [carried(record, 'in')]
        : []
  return [...own, ...requestsIn(record).map((request) => outgoing(record, request))]
}

/** Of other servers, for the sake of the operation: keys, missing events, state. */
function requestsIn(item: TraceItem): TraceItem[] {
  return item.label === 'federation request' ? [item] : item.children.flatMap(requestsIn)
}

function outgoing(record: TraceRecord, request: TraceItem): Exchange {
  const path = text(request, 'path')
  const answer = request.children.find(({ label }) => label === 'answer')
  const known = describePath(path, text(request, 'method'))
  return {
    ...common(record, request),
    request,
    direction: 'out',
    ...known,
    path,
    state: request.running === true ? 'running' : request.error === undefined ? 'ok' : 'failed',
    problem: request.error?.message,
    bytes: numberOf(answer, 'bytes'),
    phases: phasesOut(request),
    ...(record.label === 'federation send'
      ? {
          results: resultsOf(
            record,
            listOf(record, 'events'),
            request.error === undefined ? 'taken' : 'unknown',
          ),
          edus: numberOf(record, 'edus') ?? 0,
        }
      : { results: [], edus: 0 }),
  }
}

function incoming(record: TraceRecord): Exchange {
  const path = text(record, 'path')
  const refused = record.children.find(({ label }) => label === 'refused')
  const status = numberOf(record, 'status')
  const staged = record.children.find(({ label }) => label === 'staged' || label === 'repeated')
  const failed = status !== undefined && status >= 400
  return {
    ...common(record, record),
    request: record,
    direction: 'in',
    ...describePath(path, text(record, 'method')),
    path,
    state: record.running === true ? 'running' : failed ? 'failed' : 'ok',
    problem: failed ? (refused === undefined ? record.error?.message : text(refused, 'reason')) : undefined,
    bytes: numberOf(record, 'bytes'),
    phases: phasesIn(record),
    results: resultsOf(record, staged === undefined ? [] : listOf(staged, 'events'), 'taken'),
    edus: numberOf(record, 'edus') ?? 0,
  }
}

/** A transaction that went along with a request of the side that can dial. */
function carried(record: TraceRecord, direction: 'in' | 'out'): Exchange {
  const staged = record.children.find(({ label }) => label === 'staged')
  const ids =
    direction === 'out' ? listOf(record, 'events') : staged === undefined ? [] : listOf(staged, 'events')
  return {
    ...common(record, record),
    request: undefined,
    direction,
    kind: 'transaction',
    name: direction === 'out' ? 'Transaction, collected by the other side' : 'Transaction, collected there',
    method: '',
    path: '',
    state: record.running === true ? 'running' : record.error === undefined ? 'ok' : 'failed',
    status: undefined,
    problem: record.error?.message,
    bytes: undefined,
    phases: [],
    results: resultsOf(record, ids, 'taken'),
    edus: numberOf(record, 'edus') ?? 0,
  }
}

function common(record: TraceRecord, request: TraceItem) {
  return {
    key: `${record.id}.${Math.round(record.ts + request.at)}.${Math.round(request.at * 1000)}`,
    record,
    server: text(request, 'server'),
    method: text(request, 'method'),
    ts: record.ts + request.at,
    ms: request.ms,
    status: numberOf(request, 'status'),
  }
}

function resultsOf(
  record: TraceRecord,
  ids: readonly string[],
  otherwise: EventResult['state'],
): EventResult[] {
  const said = new Map<string, EventResult>()
  const note = (item: TraceItem, state: EventResult['state']): void => {
    const eventId = text(item, 'event')
    if (eventId !== '')
      said.set(eventId, { eventId, state, reason: text(item, 'reason') || text(item, 'error') || undefined })
  }
  for (const item of record.children) {
    if (item.label === 'event refused' || item.label === 'given up' || item.label === 'PDU refused')
      note(item, 'refused')
    if (item.label === 'PDU undecided') note(item, 'undecided')
  }
  const listed = ids.map((eventId) => said.get(eventId) ?? { eventId, state: otherwise, reason: undefined })
  const unlisted = [...said.values()].filter(({ eventId }) => !ids.includes(eventId))
  return [...listed, ...unlisted]
}

const PATHS: readonly (readonly [pattern: RegExp, kind: ExchangeKind, name: string])[] = [
  [/\/v1\/send\//, 'transaction', 'Transaction'],
  [/\/org\.hearth\/waiting$/, 'transaction', 'Asks for what waits there'],
  [/\/make_join\//, 'rooms', 'Join: asks for a template'],
  [/\/send_join\//, 'rooms', 'Join'],
  [/\/make_leave\//, 'rooms', 'Leave: asks for a template'],
  [/\/send_leave\//, 'rooms', 'Leave'],
  [/\/make_knock\//, 'rooms', 'Knock: asks for a template'],
  [/\/send_knock\//, 'rooms', 'Knock'],
  [/\/invite\//, 'rooms', 'Invite'],
  [/\/backfill\//, 'history', 'Earlier events'],
  [/\/get_missing_events\//, 'history', 'Missing events'],
  [/\/v1\/event\//, 'history', 'One event'],
  [/\/event_auth\//, 'history', 'Auth events'],
  [/\/state_ids\//, 'history', 'State, as ids'],
  [/\/v1\/state\//, 'history', 'State'],
  [/\/timestamp_to_event\//, 'history', 'Event by date'],
  [/\/event_path\//, 'history', 'Path of an event'],
  [/\/key\/v2\/query/, 'keys', 'Keys, told by others'],
  [/\/key\/v2\/server/, 'keys', 'Server keys'],
  [/\/user\/keys\/claim/, 'keys', 'One-time keys'],
  [/\/user\/keys\/query/, 'keys', 'Device keys'],
  [/\/user\/devices\//, 'keys', 'Devices'],
  [/\/media\//, 'media', 'File'],
  [/\/query\/profile/, 'other', 'Profile'],
  [/\/query\/directory/, 'other', 'Room address'],
  [/\/publicRooms/, 'other', 'Room directory'],
  [/\/hierarchy\//, 'other', 'Rooms of a space'],
  [/\/v1\/version/, 'other', 'Version'],
  [/\/look_back$/, 'other', 'Asks to be looked at'],
]

function describePath(path: string, method: string): { kind: ExchangeKind; name: string } {
  const known = PATHS.find(([pattern]) => pattern.test(path))
  if (known !== undefined) return { kind: known[1], name: known[2] }
  return { kind: 'other', name: `${method} ${path.split('/').slice(-1)[0] ?? ''}`.trim() }
}

function numberOf(item: TraceItem | undefined, name: string): number | undefined {
  const value = item?.values[name]
  return typeof value === 'number' ? value : undefined
}

function listOf({ values }: TraceItem, name: string): readonly string[] {
  const value = values[name]
  return Array.isArray(value) ? value : []
}
