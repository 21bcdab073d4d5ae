import { expect, test } from 'vitest'
import { FakeClock } from '../../test/harness/clock.ts'
import { Logger } from '../trace/log.ts'
import { createInspectorApp } from './app.ts'
import { traceRecordSchema } from './records.ts'
import { createTrace } from './trace.ts'
import { traceEndpoints } from './trace-endpoints.ts'

function start(limits = { records: 100, bytes: 1_000_000 }) {
  const clock = new FakeClock()
  const log = new Logger(clock)
  const trace = createTrace({ clock, log, isKnown: (server) => server === 'b.example', limits })
  const labels = async (query: Parameters<typeof trace.page>[0]) => {
    const page = await trace.page(query)
    return { ...page, records: page.records.map(({ label }) => label) }
  }
  return { clock, log, trace, labels }
}

test('an operation leaves its tree: times of the clock that never jumps, values, decisions and the error', async () => {
  const { clock, log, trace } = start()
  await expect(
    log.run('receive', { server: 'b.example' }, async (item) => {
      clock.step(5)
      await item.wrap('check', { event: '$a' }, async (step) => {
        clock.step(10)
        step.note('rejected', { reason: 'no power', events: ['$b', '$c'] }, 'info')
      })
      throw new Error('broken', { cause: new Error('wire') })
    }),
  ).rejects.toThrow('broken')
  const [record] = (await trace.page({ limit: 10, filter: {} })).records
  expect(traceRecordSchema.parse(record)).toEqual({
    id: 1,
    ts: 1_700_000_000_000,
    at: 0,
    ms: 15,
    label: 'receive',
    level: 'warn',
    values: { server: 'b.example' },
    error: { name: 'Error', message: 'broken', cause: 'wire' },
    children: [
      {
        label: 'check',
        at: 5,
        ms: 10,
        level: 'info',
        values: { event: '$a' },
        children: [
          {
            label: 'rejected',
            at: 15,
            ms: 0,
            level: 'info',
            values: { reason: 'no power', events: ['$b', '$c'] },
            children: [],
          },
        ],
      },
    ],
  })
  expect(await trace.get(1)).toEqual(record)
  for (const filter of [
    { event: '$c' },
    { server: 'b.example' },
    { text: 'NO POWER' },
    { level: 'warn' as const },
  ])
    expect((await trace.page({ limit: 10, filter })).records).toHaveLength(1)
  for (const filter of [{ event: '$d' }, { server: '$a' }, { level: 'error' as const }, { label: 'check' }])
    expect((await trace.page({ limit: 10, filter })).records).toHaveLength(0)
})

test('what strangers sent is cut, and of a huge tree the rest is counted', async () => {
  const { log, trace } = start()
  log.run('answer', { path: 'x'.repeat(9000) }, (item) => {
    for (let i = 0; i < 3000; i++) item.note('dropped')
  })
  const record = await trace.get(1)
  expect(String(record?.values['path']).length).toBeLessThan(1100)
  expect((record?.children.length ?? 0) + (record?.omitted ?? 0)).toBe(3000)
})

test('a reader goes on where it was, is told of a gap, and pages back', async () => {
  const { log, labels } = start({ records: 10, bytes: 1_000_000 })
  for (let i = 1; i <= 6; i++) log.note(`n${i}`, { server: 'b.example' })
  expect(await labels({ after: 2, limit: 2, filter: {} })).toMatchObject({
    records: ['n3', 'n4'],
    next: 4,
    gap: undefined,
  })
  for (let i = 7; i <= 15; i++) log.note(`n${i}`, { server: 'b.example' })
  expect(await labels({ after: 4, limit: 100, filter: {} })).toMatchObject({
    records: ['n6', 'n7', 'n8', 'n9', 'n10', 'n11', 'n12', 'n13', 'n14', 'n15'],
    next: 15,
    gap: { from: 5, to: 5 },
  })
  const last = await labels({ limit: 4, filter: {} })
  expect(last).toMatchObject({ records: ['n12', 'n13', 'n14', 'n15'], next: 15, before: 12 })
  expect(await labels({ before: last.before ?? 0, limit: 4, filter: {} })).toMatchObject({
    records: ['n8', 'n9', 'n10', 'n11'],
  })
  // Another run of the node, whose numbers are smaller.
  expect((await labels({ after: 900, limit: 100, filter: {} })).records).toHaveLength(10)
})

test('who waits is told of the next operation that fits, and of what is under way', async () => {
  const { clock, log, trace } = start()
  const waiting = trace.follow({ after: 0, limit: 10, filter: { room: '!a' }, waitMs: 30_000 })
  log.note('elsewhere', { room: '!b' })
  await new Promise(setImmediate)
  clock.step(200)
  let finish = (): void => undefined
  const running = log.run(
    'join room',
    { room: '!a' },
    () => new Promise<void>((resolve) => (finish = resolve)),
  )
  clock.step(1000)
  expect(trace.running({ room: '!a' })).toMatchObject([{ label: 'join room', running: true, ms: 1000 }])
  finish()
  await running
  await new Promise(setImmediate)
  clock.step(200)
  expect(await waiting).toMatchObject({ records: [{ id: 2, label: 'join room' }], next: 2 })
  expect(trace.running({})).toEqual([])

  const later = trace.follow({ after: 2, limit: 10, filter: {}, waitMs: 5000 })
  await new Promise(setImmediate)
  clock.step(6000)
  expect(await later).toMatchObject({ records: [], next: 2 })
})

test('a flood of strangers, or of one server, pushes out its own and nobody else', async () => {
  const { log, trace } = start({ records: 200, bytes: 1_000_000 })
  for (let i = 0; i < 20; i++) {
    log.note('federation send', { server: 'b.example' })
    log.note('join room', { room: '!a' })
  }
  for (let i = 0; i < 1000; i++) {
    log.note('federation in', { server: 'b.example' })
    log.note('federation in', { server: `x${i}.example`, proven: true })
  }
  const count = async (filter: object) => (await trace.page({ limit: 500, filter })).records.length
  expect(await count({ label: 'federation send' })).toBe(20)
  expect(await count({ label: 'join room' })).toBe(20)
  expect(await count({})).toBe(200)
})

test('the endpoints answer pages, one record, and say what is wrong with a query', async () => {
  const { log, trace } = start()
  const app = createInspectorApp([traceEndpoints(trace)])
  log.note('one', { server: 'b.example' })
  log.note('two')
  const get = async (path: string) => (await app.request(path)).json() as Promise<unknown>
  expect(await get('/trace?limit=1')).toMatchObject({ records: [{ label: 'two' }], next: 2, before: 2 })
  expect(await get('/trace?server=b.example&room=')).toMatchObject({ records: [{ label: 'one' }] })
  expect(await get('/trace/1')).toMatchObject({ label: 'one' })
  expect(await get('/running')).toEqual({ records: [] })
})

test('a fault of the trace is none of the operation that it writes down', async () => {
  const clock = new FakeClock()
  const log = new Logger(clock)
  const trace = createTrace({
    clock,
    log,
    isKnown: () => {
      throw new Error('the database is closed')
    },
  })
  expect(log.run('send', { server: 'b.example' }, () => 'sent')).toBe('sent')
  const { problem } = await trace.page({ limit: 1, filter: {} })
  expect(problem).toContain('the database is closed')
})
