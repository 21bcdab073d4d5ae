import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../test/harness/clock.ts'
import { createTrace } from '../../inspector/trace.ts'
import { Logger } from '../../trace/log.ts'
import { openTraceStore, type TraceStoreLimits } from './store.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-trace-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const small: TraceStoreLimits = { bytes: 4_000, files: { main: 3, loud: 2, strangers: 2 }, spare: 0 }

/** A run of a node whose memory holds little. */
function run(limits: TraceStoreLimits = { ...small, bytes: 1_000_000 }) {
  const clock = new FakeClock()
  const log = new Logger(clock)
  const store = openTraceStore(dir, clock, limits)
  const isKnown = (server: string): boolean => server === 'b.example'
  const trace = createTrace({
    clock,
    log,
    isKnown,
    openStore: () => store,
    limits: { records: 5, bytes: 100_000 },
  })
  const page = async (query: Partial<Parameters<typeof trace.page>[0]> = {}) => {
    const { records, ...rest } = await trace.page({ limit: 1000, filter: {}, ...query })
    return { ...rest, records, labels: records.map(({ label }) => label) }
  }
  return { clock, log, trace, store, page }
}

const named = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `n${from + index}`)

test('what the memory holds no more is read from disk, in order, backwards and by filters', async () => {
  const { log, page, trace } = run()
  for (const label of named(1, 30)) log.note(label, { server: 'b.example', event: `$${label}` })
  expect((await page({ after: 0 })).labels).toEqual(named(1, 30))
  expect(await page({ after: 3, limit: 4 })).toMatchObject({ labels: named(4, 7), next: 7, gap: undefined })
  const last = await page({ limit: 7 })
  expect(last.labels).toEqual(named(24, 30))
  expect((await page({ before: last.before ?? 0, limit: 7 })).labels).toEqual(named(17, 23))
  expect((await page({ filter: { event: '$n2' } })).labels).toEqual(['n2'])
  expect((await page({ filter: { label: 'n3, n29' } })).labels).toEqual(['n3', 'n29'])
  expect(await trace.get(2)).toMatchObject({ label: 'n2' })
  expect(await trace.get(99)).toBeUndefined()
})

test('a restart goes on with the numbers, and what was before it is there', async () => {
  const before = run()
  for (const label of named(1, 8)) before.log.note(label)
  await before.trace.stop()
  const { log, page } = run()
  for (const label of named(9, 12)) log.note(label)
  const all = await page({ after: 6 })
  expect(all).toMatchObject({ labels: named(7, 12), gap: undefined })
  expect(all.records.map(({ id }) => id)).toEqual([7, 8, 9, 10, 11, 12])
  expect(statSync(join(dir, 'trace')).mode & 0o077).toBe(0)
})

test('after a crash a torn line is passed over, and the reader is told that something may be missing', async () => {
  const before = run()
  for (const label of named(1, 8)) before.log.note(label)
  await before.page({ after: 0 })
  const [file = ''] = readdirSync(join(dir, 'trace'))
  appendFileSync(join(dir, 'trace', file), '{"id":9,"ts":17000')
  const { log, page } = run()
  log.note('after the crash')
  const { labels, gap, next } = await page({ after: 5 })
  expect(labels).toEqual(['n6', 'n7', 'n8', 'after the crash'])
  expect(gap).toEqual({ from: 9, to: next - 1 })
  expect((await page({ after: next })).gap).toBeUndefined()
})

test('the oldest file goes when there are enough, and a flood of strangers pushes out the flood only', async () => {
  const { clock, log, page, store } = run(small)
  for (let round = 0; round < 60; round++) {
    if (round % 3 === 0) log.note('send', { server: 'b.example', round })
    for (let i = 0; i < 20; i++) log.note('federation in', { server: `x${i}.example`, path: 'x'.repeat(100) })
    await new Promise(setImmediate)
    clock.step(600)
    await store.scan({ from: 0, to: 0 }, 'oldest', () => true)
  }
  const files = readdirSync(join(dir, 'trace')).toSorted()
  expect(files.filter((name) => name.startsWith('strangers-'))).toHaveLength(2)
  for (const file of files) expect(statSync(join(dir, 'trace', file)).size).toBeLessThan(20_000)
  expect((await page({ filter: { label: 'send' } })).labels).toHaveLength(20)
  expect((await page({ after: 0 })).gap).toMatchObject({ from: 1 })
})

test('a disk that is nearly full, or refuses, is said, and costs nothing but what was to be stored', async () => {
  const full = run({ ...small, spare: Number.MAX_SAFE_INTEGER })
  for (const label of named(1, 20)) full.log.note(label, { server: 'b.example' })
  await full.page({ after: 0 })
  const { labels, gap, problem } = await full.page({ after: 2 })
  expect(problem).toBe('The disk is nearly full: the trace is only kept in memory.')
  expect(labels).toEqual(named(16, 20))
  expect(gap).toEqual({ from: 3, to: 15 })
  expect(readdirSync(join(dir, 'trace'))).toEqual([])
  // Other runs are not disturbed by what is no trace.
  writeFileSync(join(dir, 'trace', 'main-1.jsonl'), 'nonsense\n{"id":3}\n{"id":"x"}\n')
  const { log, page } = run()
  log.note('fine')
  expect((await page({ after: 0 })).labels).toEqual(['fine'])
  expect(readFileSync(join(dir, 'trace', 'main-1.jsonl'), 'utf8')).toContain('"fine"')
})

test('a write that ended in the middle of a line takes no record along that comes after it', async () => {
  const { clock, log, page, store } = run()
  const written = async (): Promise<void> => {
    await new Promise(setImmediate)
    await store.scan({ from: 0, to: 0 }, 'oldest', () => true)
  }
  log.note('n1')
  await written()
  const file = join(dir, 'trace', 'main-1.jsonl')
  // What was there when the disk was full comes back with half a line more.
  renameSync(file, `${file}.kept`)
  mkdirSync(file)
  for (const label of named(2, 10)) log.note(label)
  await written()
  rmdirSync(file)
  renameSync(`${file}.kept`, file)
  appendFileSync(file, '{"id":2,"ts":17000')
  clock.step(61_000)
  for (const label of named(11, 20)) log.note(label)
  await written()
  const { labels, gap, problem } = await page({ after: 0 })
  expect(labels).toEqual(expect.arrayContaining(['n1', ...named(11, 20)]))
  expect(gap).toEqual({ from: 2, to: 10 })
  expect(problem).toBeUndefined()
})

test('numbers are not given again after a record so long that it is all of what is read of the last file', async () => {
  const before = run()
  for (const label of named(1, 20)) before.log.note(label)
  await before.page({ after: 0 })
  const [file = ''] = readdirSync(join(dir, 'trace'))
  appendFileSync(join(dir, 'trace', file), `{"id":30000,"label":"${'x'.repeat(600_000)}"}\n`)
  expect(run().store.firstFree).toBeGreaterThan(30_000)
})

test('a trace that is off leaves the disk alone until it is turned on, or somebody looks for what was before', async () => {
  const before = run()
  for (const label of named(1, 3)) before.log.note(label)
  await before.trace.stop()
  const [file = ''] = readdirSync(join(dir, 'trace'))
  const onDisk = (): string => readFileSync(join(dir, 'trace', file), 'utf8')
  const asLeft = onDisk()

  const clock = new FakeClock()
  const log = new Logger(clock)
  let mode: 'off' | 'disk' = 'off'
  const start = () => {
    const openStore = () => openTraceStore(dir, clock)
    const trace = createTrace({ clock, log, isKnown: () => true, openStore, mode: () => mode })
    const labels = async () =>
      (await trace.page({ limit: 10, filter: {} })).records.map((record) => `${record.id} ${record.label}`)
    return { trace, labels }
  }
  const off = start()
  for (const label of named(10, 20)) log.note(label)
  await off.trace.stop()
  expect(onDisk()).toBe(asLeft)

  const looking = start()
  expect(await looking.labels()).toEqual(['1 n1', '2 n2', '3 n3'])
  await looking.trace.stop()

  const turnedOn = start()
  log.note('not this')
  mode = 'disk'
  log.note('this')
  expect(await turnedOn.labels()).toEqual(['1 n1', '2 n2', '3 n3', '4 this'])
  await turnedOn.trace.stop()
})

test('a folder that cannot be used is said, in the log and to who looks, and the trace is in memory', async () => {
  writeFileSync(join(dir, 'trace'), 'a file')
  const clock = new FakeClock()
  const said: string[] = []
  const log = new Logger(clock, [({ label }) => said.push(label)])
  const trace = createTrace({ clock, log, isKnown: () => true, openStore: () => openTraceStore(dir, clock) })
  log.note('fine')
  const { records, problem } = await trace.page({ limit: 10, filter: {} })
  expect(records.map(({ label }) => label)).toEqual(['the trace is not stored', 'fine'])
  expect(said).toEqual(['fine', 'the trace is not stored'])
  expect(problem).toContain('The trace is only kept in memory')
})
