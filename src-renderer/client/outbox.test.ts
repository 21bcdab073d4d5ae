import { expect, test } from 'vitest'
import { createOutbox, type OutboxItem, type OutboxOptions, type SendResult } from './outbox.ts'

/** A node whose answers the test gives one by one, and a storage that outlives an outbox. */
function rig(stored?: Map<string, string>) {
  const kept = stored ?? new Map<string, string>()
  const calls: { message: OutboxItem; answer: (result: SendResult) => void }[] = []
  const pauses: { ms: number; end: () => void }[] = []
  const waiters: (() => void)[] = []
  const refused: string[] = []
  const bytesLeft = new Map<string, number>()
  let next = 0
  const options: OutboxOptions = {
    send: (message) =>
      new Promise((answer) => {
        calls.push({ message, answer })
        for (const wake of waiters.splice(0)) wake()
      }),
    storage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) },
    storageKey: 'outbox',
    onChange: () => {
      for (const wake of waiters.splice(0)) wake()
    },
    bytesLeft: (txnId) => bytesLeft.get(txnId) ?? 0,
    onRefused: (item, error) => void refused.push(`${item.type}: ${error}`),
    now: () => 1,
    newTxnId: () => `t${next++}`,
    wait: (ms) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      pauses.push({ ms, end: resolve })
      for (const wake of waiters.splice(0)) wake()
      return { promise, cancel: resolve }
    },
  }
  const outbox = createOutbox(options)
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => waiters.push(resolve))
  }
  const states = (roomId: string) => outbox.items(roomId).map((each) => each.state)
  return { outbox, calls, pauses, until, states, kept, refused, bytesLeft }
}

const body = (text: string) => ({ msgtype: 'm.text', body: text })

test('messages of one room go one after another, those of another room beside them', async () => {
  const { outbox, calls, until } = rig()
  outbox.add('!a', body('1'))
  outbox.add('!a', body('2'))
  outbox.add('!b', body('3'))
  expect(calls.map((call) => call.message.content['body'])).toEqual(['1', '3'])
  calls[0]?.answer({ kind: 'sent', eventId: '$1' })
  await until(() => calls.length === 3)
  expect(calls[2]?.message.content['body']).toBe('2')
})

test('an unreachable node is asked again with the same transaction id, after growing pauses', async () => {
  const { outbox, calls, pauses, until } = rig()
  outbox.add('!a', body('1'))
  for (let attempt = 0; attempt < 6; attempt++) {
    await until(() => calls.length === attempt + 1)
    calls[attempt]?.answer({ kind: 'retry', afterMs: undefined })
    await until(() => pauses.length === attempt + 1)
    pauses[attempt]?.end()
  }
  expect(new Set(calls.map((call) => call.message.txnId)).size).toBe(1)
  expect(pauses.map((pause) => pause.ms)).toEqual([500, 1000, 2000, 4000, 5000, 5000])
})

test('a refused message stays as failed and holds nothing up; retry and discard are its ends', async () => {
  const { outbox, calls, until, states } = rig()
  outbox.add('!a', body('1'))
  outbox.add('!a', body('2'))
  calls[0]?.answer({ kind: 'refused', error: 'No' })
  await until(() => calls.length === 2)
  expect(states('!a')).toEqual(['failed', 'waiting'])
  calls[1]?.answer({ kind: 'sent', eventId: '$2' })
  outbox.retry('t0')
  await until(() => calls.length === 3)
  expect(calls[2]?.message.txnId).toBe('t0')
  outbox.discard('t0')
  expect(outbox.items('!a').map((each) => each.txnId)).not.toContain('t0')
})

test('a confirmed message stays until the timeline shows it', async () => {
  const { outbox, calls, until, states } = rig()
  outbox.add('!a', body('1'))
  outbox.add('!a', body('2'))
  calls[0]?.answer({ kind: 'sent', eventId: '$1' })
  await until(() => calls.length === 2)
  expect(states('!a')).toEqual(['sent', 'waiting'])
  outbox.seen('!a', '$1', undefined)
  outbox.seen('!a', '$2', 't1')
  expect(states('!a')).toEqual([])
})

test('what waits survives a restart and is sent under its old transaction id', async () => {
  const first = rig()
  first.outbox.add('!a', body('1'))
  first.outbox.stop()
  const second = rig(first.kept)
  expect(second.states('!a')).toEqual(['waiting'])
  second.outbox.wake()
  await second.until(() => second.calls.length === 1)
  expect(second.calls[0]?.message.txnId).toBe('t0')
})

test('a spoilt storage is an empty outbox', () => {
  for (const text of ['{', '[1]', 'null', '{"a":1}']) {
    expect(rig(new Map([['outbox', text]])).states('!a')).toEqual([])
  }
})

test('waking ends a pause', async () => {
  const { outbox, calls, pauses, until } = rig()
  outbox.add('!a', body('1'))
  calls[0]?.answer({ kind: 'retry', afterMs: 60_000 })
  await until(() => pauses.length === 1)
  outbox.wake()
  await until(() => calls.length === 2)
  expect(pauses[0]?.ms).toBe(60_000)
})

const edit = (target: string) => ({
  body: '* new',
  'm.new_content': { body: 'new' },
  'm.relates_to': { rel_type: 'm.replace', event_id: target },
})

test('what changes a waiting message learns its event id, and is given up with it', async () => {
  const { outbox, calls, until } = rig()
  const first = outbox.add('!a', body('1'))
  outbox.add('!a', edit(first), { target: first })
  outbox.add('!a', {}, { kind: 'redact', target: first })
  calls[0]?.answer({ kind: 'sent', eventId: '$1' })
  await until(() => calls.length === 2)
  expect(calls[1]?.message.content['m.relates_to']).toEqual({ rel_type: 'm.replace', event_id: '$1' })
  calls[1]?.answer({ kind: 'sent', eventId: '$2' })
  await until(() => calls.length === 3)
  expect(calls[2]?.message.target).toBe('$1')

  const other = rig()
  const lost = other.outbox.add('!a', body('1'))
  other.outbox.add('!a', edit(lost), { target: lost })
  other.outbox.add('!a', body('2'))
  other.calls[0]?.answer({ kind: 'refused', error: 'No' })
  await other.until(() => other.calls.length === 2)
  // The edit of a refused message does not go alone, and holds up nothing.
  expect(other.calls[1]?.message.content['body']).toBe('2')
  other.outbox.discard(lost)
  expect(other.outbox.items('!a').map((each) => each.content['body'])).toEqual(['2'])
})

test('a held message keeps its place until what it waits for is there, or is given up', async () => {
  const { outbox, calls, until, states } = rig()
  const held = outbox.add('!a', {}, { held: true })
  outbox.add('!a', body('2'))
  expect(calls).toEqual([])
  outbox.release(held, body('file'))
  calls[0]?.answer({ kind: 'sent', eventId: '$1' })
  await until(() => calls.length === 2)
  expect(calls.map((call) => call.message.content['body'])).toEqual(['file', '2'])
  const other = outbox.add('!b', {}, { held: true })
  outbox.add('!b', body('3'))
  outbox.park(other, 'The file is gone')
  expect(calls[2]?.message.content['body']).toBe('3')
  expect(states('!b')).toEqual(['failed', 'waiting'])
})

test('what is written after a large file overtakes it, but not what is about it', async () => {
  const { outbox, calls, until, bytesLeft } = rig()
  const MB = 1024 * 1024
  const large = outbox.add('!a', {}, { held: true, txnId: 'large' })
  bytesLeft.set(large, 100 * MB)
  outbox.add(
    '!a',
    { body: 'about it', 'm.relates_to': { 'm.in_reply_to': { event_id: large } } },
    { txnId: 'reply' },
  )
  outbox.add('!a', {}, { type: 'm.reaction', target: 'reply' })
  outbox.add('!a', body('beside it'))
  const small = outbox.add('!a', {}, { held: true, txnId: 'small' })
  bytesLeft.set(small, 1)
  outbox.release(small, body('small'))
  calls[0]?.answer({ kind: 'sent', eventId: '$1' })
  await until(() => calls.length === 2)
  // Now that only little of it is left, the next one waits.
  bytesLeft.set(large, 4 * MB)
  calls[1]?.answer({ kind: 'sent', eventId: '$2' })
  await until(() => outbox.find('small')?.state === 'sent')
  outbox.add('!a', body('after it'))
  expect(calls).toHaveLength(2)
  outbox.release(large, body('large'))
  for (let index = 2; index < 6; index++) {
    await until(() => calls.length === index + 1)
    calls[index]?.answer({ kind: 'sent', eventId: `$${index + 1}` })
  }
  expect(calls.map(({ message }) => message.content['body'] ?? message.type)).toEqual([
    'beside it',
    'small',
    'large',
    'about it',
    'm.reaction',
    'after it',
  ])
  expect(calls[3]?.message.content['m.relates_to']).toEqual({ 'm.in_reply_to': { event_id: '$3' } })
})

test('when the node is back, small files still have their place; several are worth waiting for together or not', async () => {
  const { outbox, calls, pauses, until, bytesLeft } = rig()
  outbox.add('!a', body('1'))
  for (const [txnId, left] of [
    ['f1', 3e6],
    ['f2', 3e6],
  ] as const) {
    bytesLeft.set(outbox.add('!a', {}, { held: true, txnId }), left)
    outbox.add('!a', body(`after ${txnId}`))
  }
  calls[0]?.answer({ kind: 'retry', afterMs: undefined })
  await until(() => pauses.length === 1)
  outbox.wake()
  await until(() => calls.length === 2)
  calls[1]?.answer({ kind: 'sent', eventId: '$1' })
  await until(() => outbox.items('!a')[0]?.state === 'sent')
  // 3 MB are worth waiting for, and what is behind does not pass what waits.
  expect(calls).toHaveLength(2)
  outbox.discard('f1')
  await until(() => calls.length === 3)
  expect(calls[2]?.message.content['body']).toBe('after f1')

  const other = rig()
  for (const txnId of ['f1', 'f2']) {
    other.bytesLeft.set(txnId, 3e6)
    other.outbox.add('!a', {}, { held: true, txnId })
  }
  other.outbox.add('!a', body('words'))
  expect(other.calls.map(({ message }) => message.content['body'])).toEqual(['words'])
})

test('a refused reaction or deletion is told and given up, a refused edit stays', async () => {
  const { outbox, calls, until, states, refused } = rig()
  outbox.add('!a', {}, { type: 'm.reaction', target: '$1' })
  outbox.add('!a', {}, { kind: 'redact', target: '$1', type: 'm.room.redaction' })
  outbox.add('!a', edit('$1'), { target: '$1' })
  outbox.add('!a', body('last'))
  for (let index = 0; index < 3; index++) {
    await until(() => calls.length === index + 1)
    calls[index]?.answer({ kind: 'refused', error: 'No' })
  }
  await until(() => calls.length === 4)
  expect(states('!a')).toEqual(['failed', 'waiting'])
  expect(refused).toEqual(['m.reaction: No', 'm.room.redaction: No'])
})
