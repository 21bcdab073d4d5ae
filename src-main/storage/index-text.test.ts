import { expect, test } from 'vitest'
import { FakeClock } from '../../test/harness/clock.ts'
import { Logger } from '../trace/log.ts'
import { createTextIndexer } from './index-text.ts'

/** A store of which so many slices wait, and which may refuse to be written. */
function setUp({ fresh, older }: { fresh: number; older: number }) {
  const clock = new FakeClock()
  const state = { fresh, older, isFull: false, done: [] as string[] }
  const take = (what: 'fresh' | 'older'): boolean => {
    if (state.isFull) throw new Error('the disk is full')
    if (state[what] === 0) return false
    state.done.push(what)
    return --state[what] > 0
  }
  const store = {
    transaction: <T>(fn: () => T): T => fn(),
    indexNewText: () => take('fresh'),
    indexOlderText: () => take('older'),
  }
  const indexer = createTextIndexer(store, { clock, log: new Logger(clock, []) })
  const run = (ms: number): void => {
    for (const end = clock.now() + ms; clock.now() < end;) clock.step(end - clock.now())
  }
  return { indexer, state, run }
}

test('after a start new messages are indexed, then those from before there was an index', () => {
  const { indexer, state, run } = setUp({ fresh: 2, older: 3 })
  indexer.start()
  run(1_000)
  expect(state.done).toEqual(['fresh', 'fresh', 'older', 'older', 'older'])
})

test('what is written is indexed a little later, all of that time together', () => {
  const { indexer, state, run } = setUp({ fresh: 0, older: 0 })
  indexer.start()
  run(1_000)
  for (let n = 0; n < 3; n++) {
    state.fresh = 1
    indexer.changed()
    run(100)
  }
  expect(state.done).toEqual([])
  run(500)
  expect(state.done).toEqual(['fresh'])
})

test('what could not be written is tried again, and nothing once it has ended', () => {
  const { indexer, state, run } = setUp({ fresh: 1, older: 0 })
  state.isFull = true
  indexer.start()
  run(1_000)
  state.isFull = false
  run(60_000)
  expect(state.done).toEqual(['fresh'])
  state.fresh = 1
  indexer.changed()
  indexer.stop()
  indexer.changed()
  run(60_000)
  expect(state.done).toEqual(['fresh'])
})
