import type { EventId } from '../../core/types.ts'
import type { TraceItem, TraceRecord } from '../records.ts'
import type { Trace } from '../trace.ts'

export interface Found {
  readonly ts: number
  /** The operation that it was a step of; 0: it has not finished. */
  readonly record: number
}
export interface Arrival extends Found {
  readonly how: 'sent' | 'collected' | 'fetched'
  readonly server: string | undefined
}
export type VerdictState = 'accepted' | 'soft-failed' | 'rejected' | 'dropped' | 'outlier' | 'waiting'
export interface Verdict extends Found {
  readonly state: VerdictState
  readonly reason: string | undefined
  readonly server: string | undefined
}
export interface Attempt extends Found {
  readonly server: string
  readonly ms: number
  readonly txn: string | undefined
  readonly running: boolean
  /** The other server came for it, as it cannot be dialled. */
  readonly collected: boolean
  readonly status: number | undefined
  /** Why the transaction was not taken. */
  readonly error: string | undefined
  /** Why this event was not, though the transaction was. */
  readonly refused: string | undefined
}
export interface Synced extends Found {
  readonly user: string
  readonly device: string
}

/** What the trace still knows of one event; each list in the order of its times. */
export interface Findings {
  readonly composed: Found | undefined
  readonly signed: Found | undefined
  readonly authorised: Found | undefined
  readonly queued: (Found & { readonly servers: readonly string[] }) | undefined
  readonly durable: Found | undefined
  readonly arrivals: readonly Arrival[]
  readonly verdicts: readonly Verdict[]
  readonly attempts: readonly Attempt[]
  readonly synced: readonly Synced[]
}

/** Operations that are looked at for one event: it may be sent again and again to a server that is away. */
const MAX_RECORDS = 500

export async function findEvent(trace: Pick<Trace, 'page' | 'running'>, event: EventId): Promise<Findings> {
  const { records } = await trace.page({ limit: MAX_RECORDS, filter: { event } })
  return findingsOf(event, [...records, ...trace.running({ event })])
}

/** Without the disk, for whoever may ask often. */
export function recallEvent(trace: Pick<Trace, 'remembered' | 'running'>, event: EventId): Findings {
  const records = trace.remembered({ limit: MAX_RECORDS, filter: { event } })
  return findingsOf(event, [...records, ...trace.running({ event })])
}

export function findingsOf(event: EventId, records: readonly TraceRecord[]): Findings {
  const own: Partial<Record<'signed' | 'authorised' | 'durable', Found>> = {}
  let composed: Found | undefined
  let queued: Findings['queued']
  const arrivals: Arrival[] = []
  const verdicts: Verdict[] = []
  const attempts: Attempt[] = []
  const synced: Synced[] = []

  for (const record of records) {
    const at = (item: TraceItem | TraceRecord): Found => ({ ts: record.ts + item.at, record: record.id })
    const steps = [...walk(record)]
    if (record.label === 'send event') {
      composed ??= at(record)
      for (const step of steps) {
        if (step.label === 'signed' || step.label === 'authorised' || step.label === 'durable')
          own[step.label] ??= at(step)
        if (step.label === 'queued') queued ??= { ...at(step), servers: texts(step.values['servers']) }
      }
    } else if (record.label === 'federation send') {
      if (names(record, event)) attempts.push({ ...at(record), ...attemptOf(event, record) })
    } else if (record.label === 'sync answered') {
      synced.push({ ...at(record), user: text(record, 'user') ?? '', device: text(record, 'device') ?? '' })
    } else {
      const how = record.label === 'federation collected' ? 'collected' : 'sent'
      for (const step of steps) {
        if (!names(step, event)) continue
        const server = text(step, 'server') ?? text(record, 'server')
        if (step.label === 'staged') arrivals.push({ ...at(step), how, server })
        if (step.label === 'missing events') arrivals.push({ ...at(step), how: 'fetched', server })
        if (step.label === 'backfill from')
          arrivals.push({ ...at(step), ts: record.ts + step.at + step.ms, how: 'fetched', server })
        const state = verdictOf(step)
        if (state !== undefined) verdicts.push({ ...at(step), state, reason: text(step, 'reason'), server })
      }
    }
  }
  const byTime = <T extends Found>(list: readonly T[]): T[] => list.toSorted((a, b) => a.ts - b.ts)
  return {
    composed,
    signed: own.signed,
    authorised: own.authorised,
    durable: own.durable,
    queued,
    arrivals: byTime(arrivals),
    verdicts: byTime(verdicts),
    attempts: byTime(attempts),
    synced: byTime(synced),
  }
}

/** A decision of `rooms/`, by its word. */
function verdictOf(step: TraceItem | TraceRecord): VerdictState | undefined {
  const word = step.label === 'placed' ? text(step, 'status') : step.label
  switch (word) {
    case 'accepted':
    case 'soft-failed':
    case 'rejected':
    case 'dropped':
    case 'outlier':
      return word
    case 'PDU refused':
      return 'dropped'
    case 'deferred':
      return 'waiting'
    default:
      return undefined
  }
}

function attemptOf(event: EventId, record: TraceRecord): Omit<Attempt, keyof Found> {
  const request = record.children.find((step) => step.label === 'federation request')
  const status = request?.values['status']
  const refusal = record.children.find(
    (step) => (step.label === 'event refused' || step.label === 'given up') && names(step, event),
  )
  return {
    server: text(record, 'server') ?? '',
    ms: record.ms,
    txn: text(record, 'txn'),
    running: record.running === true,
    collected: record.values['collected'] === true,
    status: typeof status === 'number' ? status : undefined,
    error: request?.error?.message ?? record.error?.message,
    refused: refusal === undefined ? undefined : text(refusal, 'error'),
  }
}

function* walk(item: TraceItem | TraceRecord): Generator<TraceItem | TraceRecord> {
  yield item
  for (const child of item.children) yield* walk(child)
}

function names({ values }: TraceItem | TraceRecord, event: EventId): boolean {
  return values['event'] === event || texts(values['events']).includes(event)
}

function text({ values }: TraceItem | TraceRecord, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}
