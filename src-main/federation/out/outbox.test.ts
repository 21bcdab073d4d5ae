import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventId, JsonObject, Pdu, PduJson, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { Database } from '../../storage/database.ts'
import { migrations } from '../../storage/migrations/index.ts'
import { createOutboxStore, enqueueEdu, enqueuePdu } from '../../storage/outbox.ts'
import { Logger, type LogItem } from '../../trace/log.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { fakeClock, until } from '../test-support.ts'
import { createOutbox, type Outbox, type OutboxDeps } from './outbox.ts'
import type { FederationRequest, SignedClient } from './signed-client.ts'

const dest = 'b.example' as ServerName
const origin = 'a.example' as ServerName

interface Sent {
  readonly txnId: string
  readonly pdus: string[]
  readonly edus: JsonObject[]
}

let folder: string
let db: Database
let clock: ReturnType<typeof fakeClock>
let sent: Sent[]
let logged: LogItem[]
/** The other server: answers, or throws. */
let other: (txn: Sent, destination: ServerName) => Promise<JsonObject> | JsonObject
let boxes: Outbox[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'))
  db = new Database(join(folder, 'db'))
  for (const { sql } of migrations) db.exec(sql)
  clock = fakeClock()
  sent = []
  logged = []
  boxes = []
  other = () => ({ pdus: {} })
})
afterEach(async () => {
  for (const box of boxes) await box.stop()
  db.close()
  rmSync(folder, { recursive: true })
})

const client: SignedClient = {
  async request(destination, request: FederationRequest) {
    const content = request.content ?? {}
    const txn: Sent = {
      txnId: decodeURIComponent(request.path.split('/').at(-1) ?? ''),
      pdus: (content['pdus'] as { id: string }[]).map((pdu) => pdu.id),
      edus: content['edus'] as JsonObject[],
    }
    sent.push(txn)
    const aborted = new Promise<never>((_, reject) => {
      request.signal?.addEventListener('abort', () =>
        reject(new RemoteError(destination, 'aborted', { retryable: true })),
      )
    })
    aborted.catch(() => undefined)
    return Promise.race([Promise.resolve(other(txn, destination)), aborted])
  },
  open: () => Promise.reject(new Error('not used')),
}

const store = () => createOutboxStore(db, (id: EventId): PduJson => ({ id }))
function outbox(more: Partial<OutboxDeps> = {}): Outbox {
  const box = createOutbox({
    store: store(),
    client,
    origin,
    clock,
    random: systemRandom,
    log: new Logger(clock, [(item) => logged.push(item)]),
    domainAllowed: (server) => server !== 'denied.example',
    ...more,
  })
  boxes.push(box)
  return box
}
const enqueue = (...ids: string[]): void =>
  ids.forEach((id) => enqueuePdu(db, [dest], { eventId: id, roomId: '!r' } as unknown as Pdu))
const unreachable = (): never => {
  throw new RemoteError(dest, 'away', { retryable: true })
}
const refuse = (status: number, errcode?: string): never => {
  throw new RemoteError(dest, `${status}`, { status, errcode, retryable: status >= 500 })
}

test('sends at once when idle, and batches in order what was queued while a request was under way', async () => {
  const box = outbox()
  let release: (() => void) | undefined
  other = () => new Promise((resolve) => (release = () => resolve({ pdus: {} })))
  enqueue('$1')
  box.wake([dest])
  await until(() => sent.length === 1)
  for (let i = 2; i <= 60; i++) {
    enqueue(`$${i}`)
    box.wake([dest])
  }
  release?.()
  await until(() => sent.length === 2)
  other = () => ({ pdus: {} })
  release?.()
  await box.idle()
  expect(sent.map((txn) => txn.pdus.length)).toEqual([1, 50, 9])
  expect(sent.flatMap((txn) => txn.pdus)).toEqual(Array.from({ length: 60 }, (_, i) => `$${i + 1}`))
  expect(new Set(sent.map((txn) => txn.txnId)).size).toBe(3)
  expect(box.queuedFor(dest)).toBe(0)
})

test('a transaction is recorded with what it sends, and goes out once that is committed', async () => {
  const box = outbox()
  const send = db.transaction(() => {
    enqueue('$1')
    return box.begin([dest, dest, origin, 'denied.example' as ServerName])
  })
  expect(
    store()
      .inFlight(dest)
      ?.pdus.map((pdu) => pdu.eventId),
  ).toEqual(['$1'])
  expect(sent).toEqual([])
  send()
  // As after every commit.
  box.wake([dest])
  await box.idle()
  expect(sent.map((txn) => txn.pdus)).toEqual([['$1']])
  expect(box.queuedFor(dest)).toBe(0)
})

test('what is undone with its transaction is not sent, and what comes after it is', async () => {
  const box = outbox()
  expect(() =>
    db.transaction(() => {
      enqueue('$undone')
      box.begin([dest])
      throw new Error('undone')
    }),
  ).toThrow('undone')
  enqueue('$1')
  box.wake([dest])
  await box.idle()
  expect(sent.map((txn) => txn.pdus)).toEqual([['$1']])
})

test('a transaction that was begun goes out once, whoever wakes the outbox first', async () => {
  const box = outbox()
  const send = db.transaction(() => {
    enqueue('$1')
    return box.begin([dest])
  })
  box.wake([dest])
  send()
  await box.idle()
  expect(sent.map((txn) => txn.pdus)).toEqual([['$1']])
})

test('nothing is begun for a destination that is sent to, or is away', async () => {
  const box = outbox()
  const begin = (id: string): void =>
    db.transaction(() => {
      enqueue(id)
      return box.begin([dest])
    })()
  other = async () => {
    await Promise.resolve()
    other = unreachable
    begin('$2')
    return { pdus: {} }
  }
  begin('$1')
  await box.idle()
  begin('$3')
  await box.idle()
  expect(sent.map((txn) => txn.pdus)).toEqual([['$1'], ['$2']])
})

test('nothing is begun for a destination that collects: it comes for it', async () => {
  const box = outbox()
  const collected = box.collect(dest, 1_000, new AbortController().signal)
  const send = db.transaction(() => {
    enqueue('$1')
    return box.begin([dest])
  })
  send()
  box.wake([dest])
  expect((await collected)?.pdus.map((pdu) => pdu.eventId)).toEqual(['$1'])
  await box.idle()
  expect(sent).toEqual([])
})

test('after a restart the same transaction goes out under the same id, before anything newer', async () => {
  other = unreachable
  enqueue('$1', '$2')
  enqueueEdu(db, dest, { edu: 1 })
  const first = outbox()
  first.wake([dest])
  await first.idle()
  await first.stop()
  enqueue('$3')
  db.close()
  db = new Database(join(folder, 'db'))
  other = () => ({ pdus: {} })
  const second = outbox()
  second.start()
  await second.idle()
  expect(sent).toHaveLength(1)
  clock.advance(2_000)
  await second.idle()
  expect(sent.map((txn) => txn.pdus)).toEqual([['$1', '$2'], ['$1', '$2'], ['$3']])
  expect(sent[1]).toEqual(sent[0])
  expect(sent[2]?.txnId).not.toBe(sent[0]?.txnId)
})

test('back-off doubles with jitter up to its cap, and ends with a success', async () => {
  other = unreachable
  enqueue('$1')
  const box = outbox()
  box.wake([dest])
  await box.idle()
  const waits: number[] = []
  for (let i = 0; i < 16; i++) {
    const status = box.status()[0]
    expect(status).toMatchObject({
      failures: i + 1,
      lastError: 'The other server cannot be reached.',
      queuedPdus: 1,
    })
    waits.push((status?.retryAt ?? 0) - clock.now())
    clock.advance((status?.retryAt ?? 0) - clock.now() - 1)
    await box.idle()
    expect(sent).toHaveLength(i + 1)
    clock.advance(1)
    await box.idle()
  }
  waits.forEach((wait, i) => {
    const full = Math.min(3_600_000, 1000 * 2 ** i)
    expect(wait).toBeGreaterThanOrEqual(full / 2)
    expect(wait).toBeLessThanOrEqual(full)
  })
  other = () => ({ pdus: {} })
  clock.advance(5_000)
  box.resetBackoff(dest)
  await box.idle()
  expect(box.status()).toEqual([])
  expect(store().backoff(dest)).toBeUndefined()
  expect(new Set(sent.map((txn) => txn.txnId)).size).toBe(1)
})

test('resetting the back-off over and over makes at most one attempt a second', async () => {
  other = unreachable
  enqueue('$1')
  const box = outbox()
  box.wake([dest])
  await box.idle()
  for (let i = 0; i < 50; i++) {
    box.resetBackoff(dest)
    await box.idle()
    clock.advance(100)
    await box.idle()
  }
  expect(sent.length).toBeGreaterThanOrEqual(4)
  expect(sent.length).toBeLessThanOrEqual(7)
})

test('a server that asks for time gets it, whatever it sends meanwhile, and is not counted as away', async () => {
  const body = { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 20_000 }
  other = () => {
    throw new RemoteError(dest, '429', { status: 429, errcode: body.errcode, body, retryable: true })
  }
  enqueue('$1')
  const box = outbox()
  box.wake([dest])
  await box.idle()
  expect(box.status()[0]).toMatchObject({ failures: 0, lastError: 'The other server asks to wait.' })
  expect(store().backoff(dest)).toBeUndefined()
  other = () => ({ pdus: {} })
  for (let second = 1; second < 20; second++) {
    clock.advance(1_000)
    box.resetBackoff(dest)
    box.wake([dest])
    await box.idle()
  }
  expect(sent).toHaveLength(1)
  clock.advance(4_000)
  await box.idle()
  expect(sent.map((txn) => txn.pdus)).toEqual([['$1'], ['$1']])
})

test('the one event that a server refuses is found by halving, given up with its reason, and blocks nothing', async () => {
  other = (txn) => (txn.pdus.includes('$bad') ? refuse(400, 'M_BAD_JSON') : { pdus: {} })
  enqueue('$1', '$2', '$3', '$bad', '$4', '$5')
  const delivered: string[] = []
  const box = outbox()
  const judge = other
  other = async (txn, server) => {
    const answer = await judge(txn, server)
    delivered.push(...txn.pdus)
    return answer
  }
  box.wake([dest])
  await box.idle()
  expect(delivered).toEqual(['$1', '$2', '$3', '$4', '$5'])
  expect(store().refused(dest)).toMatchObject([{ eventId: '$bad', reason: '400' }])
  expect(box.queuedFor(dest)).toBe(0)
  expect(box.status()).toEqual([])
})

test('answers that say nothing of the contents never lose an event', async () => {
  const box = outbox()
  enqueue('$1')
  for (const [status, errcode] of [
    [401, 'M_UNAUTHORIZED'],
    [403, 'M_FORBIDDEN'],
    [404, 'M_UNRECOGNIZED'],
    [429, 'M_LIMIT_EXCEEDED'],
    [400, undefined],
    [502, undefined],
  ] as const) {
    other = () => refuse(status, errcode)
    clock.advance(4_000_000)
    box.wake([dest])
    await box.idle()
    expect(box.queuedFor(dest)).toBe(1)
  }
  expect(sent).toHaveLength(6)
  expect(store().refused(dest)).toEqual([])
})

test('an event that the answer marks as failed is logged and not sent again', async () => {
  other = () => ({ pdus: { $1: { error: 'no' }, $2: {} } })
  enqueue('$1', '$2')
  const box = outbox()
  box.wake([dest])
  await box.idle()
  expect(box.queuedFor(dest)).toBe(0)
  const notes = logged.flatMap((item) => item.children)
  expect(notes).toMatchObject([{ label: 'event refused', values: { event: '$1', error: 'no' } }])
})

test('ephemeral EDUs replace each other, go along or alone, and are dropped for a server that is away', async () => {
  const box = outbox()
  box.sendEphemeral([dest], { typing: 1 }, 'k')
  await box.idle()
  expect(sent).toMatchObject([{ pdus: [], edus: [{ typing: 1 }] }])
  let release: (() => void) | undefined
  other = () => new Promise((resolve) => (release = () => resolve({ pdus: {} })))
  enqueue('$1')
  box.wake([dest])
  await until(() => sent.length === 2)
  box.sendEphemeral([dest], { typing: 2 }, 'k')
  box.sendEphemeral([dest], { typing: 3 }, 'k')
  other = unreachable
  release?.()
  await box.idle()
  expect(sent[2]).toMatchObject({ pdus: [], edus: [{ typing: 3 }] })
  box.sendEphemeral([dest], { typing: 4 }, 'k')
  other = () => ({ pdus: {} })
  clock.advance(10_000)
  await box.idle()
  expect(sent).toHaveLength(3)
})

test('one slow destination does not hold up another; a denied one keeps its queue', async () => {
  const fast = 'fast.example' as ServerName
  const denied = 'denied.example' as ServerName
  const delivered: string[] = []
  other = (_txn, server) => {
    if (server === dest) return new Promise(() => undefined)
    delivered.push(server)
    return { pdus: {} }
  }
  enqueuePdu(db, [dest, fast, denied, origin], { eventId: '$1', roomId: '!r' } as unknown as Pdu)
  const box = outbox()
  box.start()
  await until(() => delivered.length === 1)
  expect(delivered).toEqual([fast])
  await until(() => box.queuedFor(fast) === 0)
  expect(box.queuedFor(denied)).toBe(1)
  await box.stop()
  expect(store().inFlight(dest)?.pdus).toHaveLength(1)
})

test('ephemeral EDUs that cannot be sent are dropped, and no message waits because of them', async () => {
  const box = outbox()
  other = unreachable
  box.sendEphemeral([dest], { edu_type: 'm.typing' }, 'k')
  await box.idle()
  expect(sent).toHaveLength(1)
  expect(store().backoff(dest)).toBeUndefined()
  // For a minute nothing of the kind is even tried.
  box.sendEphemeral([dest], { edu_type: 'm.typing' }, 'k')
  await box.idle()
  expect(sent).toHaveLength(1)
  other = () => ({ pdus: {} })
  enqueue('$1')
  box.wake([dest])
  await box.idle()
  expect(sent[1]).toMatchObject({ pdus: ['$1'], edus: [] })
  box.sendEphemeral([dest], { edu_type: 'm.presence' }, 'k')
  await box.idle()
  expect(sent[2]).toMatchObject({ pdus: [], edus: [{ edu_type: 'm.presence' }] })
})

test('ephemeral EDUs go along once: a repeated transaction has none of them, nor has the disk', async () => {
  const box = outbox()
  let release: (() => void) | undefined
  other = () => new Promise((resolve) => (release = () => resolve({ pdus: {} })))
  enqueue('$1')
  box.wake([dest])
  await until(() => sent.length === 1)
  enqueue('$2')
  box.sendEphemeral([dest], { edu_type: 'm.presence' }, 'k')
  other = unreachable
  release?.()
  await box.idle()
  expect(sent[1]?.edus).toEqual([{ edu_type: 'm.presence' }])
  expect(store().inFlight(dest)?.edus).toEqual([])
  other = () => ({ pdus: {} })
  clock.advance(2_000)
  await box.idle()
  expect(sent[2]).toEqual({ ...sent[1], edus: [] })
})

test('who cannot be dialled collects what waits, the same again until it says that it has it', async () => {
  other = unreachable
  enqueue('$1', '$2')
  const box = outbox()
  box.wake([dest])
  await box.idle()
  const signal = new AbortController().signal
  const first = await box.collect(dest, 0, signal)
  expect(first?.pdus.map((pdu) => pdu.eventId)).toEqual(['$1', '$2'])
  expect(box.dialled.last(dest)?.reached).toBe(false)
  // The answer was lost, or the other side crashed before it was on its disk.
  expect((await box.collect(dest, 0, signal))?.txnId).toBe(first?.txnId)
  box.collected(dest, 'another', { pdus: {} })
  expect(box.queuedFor(dest)).toBe(2)
  box.collected(dest, first?.txnId ?? '', { pdus: { $2: { error: 'no' } } })
  expect(box.queuedFor(dest)).toBe(0)
  expect(store().deliveries('$1' as EventId)[0]?.state).toBe('delivered')
  expect(store().deliveries('$2' as EventId)[0]?.state).toBe('refused')

  // While it waits, what is queued is handed to it, and nobody dials.
  const attempts = sent.length
  const next = box.collect(dest, 25_000, signal)
  enqueue('$3')
  box.wake([dest])
  expect((await next)?.pdus.map((pdu) => pdu.eventId)).toEqual(['$3'])
  expect(sent).toHaveLength(attempts)
  // It never comes back: what it did not confirm is sent as to anybody else.
  other = () => ({ pdus: {} })
  clock.advance(60_000)
  await until(() => box.queuedFor(dest) === 0)
  expect(sent.at(-1)?.pdus).toEqual(['$3'])
})

test('what was asked for while it was being sent is not left for somebody who can be dialled', async () => {
  let arrive: (answer: JsonObject) => void = () => undefined
  other = () => new Promise((resolve) => (arrive = resolve))
  const box = outbox()
  enqueue('$1')
  box.wake([dest])
  await until(() => sent.length === 1)
  // It has just started, and asks before it knows that it is reached.
  const collected = await box.collect(dest, 0, new AbortController().signal)
  expect(collected?.txnId).toBe(sent[0]?.txnId)
  enqueue('$2')
  other = () => ({ pdus: {} })
  arrive({ pdus: {} })
  await box.idle()
  expect(sent.map((txn) => txn.pdus)).toEqual([['$1'], ['$2']])
})

test('an attempt that hangs holds up nothing for who collects, and says that it hangs', async () => {
  let hang: ((error: Error) => void) | undefined
  other = () => new Promise((_, reject) => (hang = reject))
  const slow: ServerName[] = []
  const box = outbox({ onSlow: (server) => slow.push(server) })
  const signal = new AbortController().signal
  const next = box.collect(dest, 0, signal)
  expect(await next).toBeUndefined()
  box.endCollecting(dest)
  box.sendEphemeral([dest], { edu_type: 'm.typing' }, 'a')
  await until(() => sent.length === 1)
  clock.advance(3_000)
  expect(slow).toEqual([dest])
  const collected = box.collect(dest, 25_000, signal)
  enqueue('$1')
  box.wake([dest])
  expect((await collected)?.pdus.map((pdu) => pdu.eventId)).toEqual(['$1'])
  // Nobody dials meanwhile: the one that hung was the last.
  hang?.(new RemoteError(dest, 'away', { retryable: true }))
  await box.idle()
  expect(sent).toHaveLength(1)
})

test('a clock that was set back by hours puts off nothing', async () => {
  const box = outbox()
  store().setBackoff(dest, { failures: 3, retryAt: clock.now() + 5 * 3_600_000, lastError: 'away' })
  enqueue('$1')
  box.start()
  await box.idle()
  expect(sent).toHaveLength(1)
})
