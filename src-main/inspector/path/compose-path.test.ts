import { expect, test } from 'vitest'
import type { EventId, Pdu, RoomId, ServerName, UserId } from '../../core/types.ts'
import type { ReceiptRow, StoredEvent } from '../../rooms/ports.ts'
import { composePath } from './compose-path.ts'
import { composeThere } from './compose-there.ts'
import { findingsOf } from './findings.ts'
import type { DeliveryFact, PathSources, QueueFact } from './ports.ts'
import { tellPath } from './tell-path.ts'

const own = 'a.example' as ServerName
const other = 'b.example' as ServerName
const id = '$e' as EventId
const nothing = findingsOf(id, [])

const stored = (over: Partial<StoredEvent> = {}, sender = '@ann:a.example'): StoredEvent => ({
  pdu: {
    eventId: id,
    roomId: '!r' as RoomId,
    sender: sender as UserId,
    type: 'm.room.message',
    content: {},
    originServerTs: 1000,
  } as unknown as Pdu,
  status: 'accepted',
  reason: undefined,
  stateBefore: undefined,
  stateAfter: undefined,
  streamPos: undefined,
  timelinePos: 5 as StoredEvent['timelinePos'],
  receivedTs: 1001,
  redactedBy: undefined,
  threadRoot: undefined,
  ...over,
})

function sources(
  event: StoredEvent | undefined,
  delivery?: Partial<DeliveryFact>,
  queue: Partial<QueueFact> = {},
  receipts: ReceiptRow[] = [],
): PathSources {
  return {
    own,
    rooms: {
      getEvent: (asked) =>
        asked === id
          ? event
          : asked === '$later'
            ? stored({ timelinePos: 9 as StoredEvent['timelinePos'] })
            : undefined,
      receipts: () => receipts,
    },
    deliveries: () =>
      delivery === undefined
        ? []
        : [{ server: other, state: 'delivered', ts: undefined, error: undefined, ...delivery }],
    queue: () => ({ allowed: true, failures: 0, retryAt: undefined, lastError: undefined, ...queue }),
    deviceName: () => undefined,
    ask: () => Promise.resolve({ state: 'mute' }),
  }
}

const receipt = (over: Partial<ReceiptRow>): ReceiptRow => ({
  roomId: '!r' as RoomId,
  userId: '@bob:b.example' as UserId,
  receiptType: 'm.read',
  eventId: id,
  threadId: undefined,
  ts: 3000,
  streamPos: 1 as ReceiptRow['streamPos'],
  ...over,
})

test('without a trace the path says what is on disk, and of the rest that it is not known', () => {
  const path = composePath(sources(stored(), { state: 'delivered', ts: 2000 }), id, nothing, 5000)!
  expect(path.trace_from).toBe(5000)
  expect(path.here.find(({ kind }) => kind === 'stored')).toMatchObject({ state: 'done', ts: 1001 })
  const composed = path.here.find(({ kind }) => kind === 'composed')!
  expect(composed.ts).toBeUndefined()
  expect(composed.words).toContain('not recorded any more')
  expect(path.here.find(({ kind }) => kind === 'visible')).toMatchObject({ state: 'unknown' })
  const [server] = path.servers
  expect(server).toMatchObject({ state: 'delivered', attempts: [], may_ask: true })
  expect(server!.steps.find(({ kind }) => kind === 'answered')).toMatchObject({ state: 'done', ts: 2000 })
})

test('of what came from others, who gave it is known from disk', () => {
  const event = stored({ receivedFrom: other }, '@bob:c.example')
  const path = composePath(sources(event), id, nothing, 5000)!
  expect(path).toMatchObject({ direction: 'in', servers: [{ server: 'c.example', role: 'sender' }] })
  expect(path.here[0]).toMatchObject({ kind: 'received', state: 'done', ts: 1001 })
  expect(path.here[0]!.words).toContain('b.example gave it')
})

test('a refusal is told with its reason, a wait with what holds it up', () => {
  const refused = composePath(
    sources(stored(), { state: 'refused', ts: 2000, error: 'auth rule' }),
    id,
    nothing,
    0,
  )!
  expect(refused.servers[0]!.steps.at(-1)).toMatchObject({ state: 'failed', reason: 'auth rule', ts: 2000 })
  const waiting = composePath(
    sources(stored(), { state: 'waiting' }, { failures: 3, retryAt: 9000, lastError: 'It is away.' }),
    id,
    nothing,
    0,
  )!
  expect(waiting.servers[0]).toMatchObject({ state: 'waiting', failures: 3, retry_ts: 9000, may_ask: false })
  expect(waiting.servers[0]!.steps[1]).toMatchObject({ state: 'failed', reason: 'It is away.' })
})

test('who read on has read it, in its thread only, and private receipts are nobody’s business', () => {
  const readers = (rows: ReceiptRow[], event = stored()) =>
    composePath(sources(event, {}, {}, rows), id, nothing, 0)!.servers[0]!.readers
  expect(readers([receipt({})])).toEqual([{ user: '@bob:b.example', ts: 3000, later: false }])
  expect(readers([receipt({ eventId: '$later' as EventId })])).toMatchObject([{ later: true }])
  expect(readers([receipt({ eventId: '$unknown' as EventId })])).toEqual([])
  expect(readers([receipt({ receiptType: 'm.read.private' })])).toEqual([])
  expect(readers([receipt({ threadId: '$root' })])).toEqual([])
  const inThread = stored()
  inThread.pdu.content['m.relates_to'] = { rel_type: 'm.thread', event_id: '$root' }
  expect(readers([receipt({ threadId: '$root' })], inThread)).toHaveLength(1)
  expect(readers([receipt({ threadId: 'main' })], inThread)).toEqual([])
})

test('the other clock is taken off its times, and where both agree that is said', () => {
  const answer = {
    now: 70_000,
    received: { ts: 69_000, how: 'sent' as const },
    verdict: { state: 'accepted' as const, ts: 69_010 },
    visible_ts: 69_050,
  }
  const there = composeThere(other, { state: 'told', answer, asked: 9_990, took: 20 })
  expect(there.clock).toMatchObject({ ahead_ms: 60_000, within_ms: 10 })
  expect(there.clock!.words).toContain('1 minute ahead')
  expect(there.steps.map(({ ts }) => ts)).toEqual([9_000, 9_010, 9_050])
  const same = composeThere(other, { state: 'told', answer, asked: 69_995, took: 20 })
  expect(same.clock!.words).toContain('agree')
  expect(composeThere(other, { state: 'mute' }).words).toContain('does not tell')
})

test('of an event that is not kept, only the server that sent it is told what became of it', () => {
  const found = {
    ...nothing,
    verdicts: [
      { ts: 10, record: 1, state: 'dropped' as const, reason: 'the hash is wrong', server: 'b.example' },
    ],
  }
  expect(tellPath(other, undefined, false, found, 20)).toMatchObject({
    verdict: { state: 'dropped', reason: 'the hash is wrong' },
  })
  expect(tellPath('c.example' as ServerName, undefined, false, found, 20)).toBeUndefined()
})
