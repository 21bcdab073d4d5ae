import { expect, test } from 'vitest'
import type { Queue, Retried } from './schema.ts'
import { leftOf } from './use-tick.ts'
import { countdownWords, eduWords, nextWords, retriedWords, roomWords, stateWords } from './words.ts'

const queue = (over: Partial<Queue> = {}): Queue => ({
  server_name: 'a.example',
  display_name: null,
  allowed: true,
  pdus: 2,
  edus: 0,
  bytes: 900,
  oldest_ts: null,
  sending: false,
  collects: false,
  failures: 3,
  last_attempt_ts: null,
  retry_in_ms: 12_000,
  asks_to_wait: false,
  away_since_ts: null,
  last_seen_ts: null,
  error: null,
  failed_addresses: [],
  not_taken: 0,
  ...over,
})

test('a countdown goes down by the page’s clock, in words that can be watched', () => {
  expect(leftOf(queue(), 1_000, 4_000)).toBe(9_000)
  expect(leftOf(queue(), 1_000, 60_000)).toBe(0)
  // An answer that came after the last tick.
  expect(leftOf(queue(), 4_000, 3_900)).toBe(12_000)
  expect(leftOf(queue({ retry_in_ms: null }), 0, 0)).toBeUndefined()
  expect([0, 900, 59_001, 60_000, 270_000, 4_800_000].map(countdownWords)).toEqual([
    '0 s',
    '1 s',
    '1 min',
    '1 min',
    '4 min 30 s',
    '1 h 20 min',
  ])
})

test.each<[string, Partial<Queue>, number | undefined, RegExp, RegExp]>([
  ['in back-off', {}, 9_000, /Again in 9 s/, /again in 9 s, or at once/],
  ['due', {}, 0, /Trying/, /being tried again/],
  ['not allowed', { allowed: false }, 9_000, /Not allowed/, /rules/],
  ['being sent', { sending: true }, undefined, /Sending/, /being sent/],
  ['collected', { collects: true }, 9_000, /comes for it/, /cannot be dialled/],
  ['asked to wait', { asks_to_wait: true }, 9_000, /Again in 9 s/, /asked to be left alone/],
  ['just queued', { failures: 0 }, undefined, /Goes next/, /connection is free/],
  ['empty', { pdus: 0 }, undefined, /Nothing waits/, /Nothing waits/],
])('a queue that is %s says what happens next', (_what, over, left, state, next) => {
  expect(stateWords(queue(over), left).words).toMatch(state)
  expect(nextWords(queue(over), left)).toMatch(next)
})

test('what became of a retry, of one and of many', () => {
  const result = (is: Retried['result']): Retried => ({ server_name: 'a', result: is, words: `it ${is}` })
  expect(retriedWords([])).toBe('Nothing waits for anybody.')
  expect(retriedWords([result('failed')])).toBe('it failed')
  expect(retriedWords([result('sent'), result('sent'), result('failed')])).toBe(
    'Of 3 servers: 2 have everything now, 1 still do not answer or take it.',
  )
  expect(retriedWords([result('nothing waits'), result('nothing waits')])).toBe('Nothing waits any more.')
})

test('notices and rooms are counted in words', () => {
  expect(eduWords({ type: 'm.receipt', count: 1, bytes: 0 })).toBe('1 read receipt')
  expect(eduWords({ type: 'm.typing', count: 3, bytes: 0 })).toBe('3 typing notices')
  expect(eduWords({ type: 'org.new', count: 2, bytes: 0 })).toBe('2 × org.new')
  expect(roomWords({ events: 1, kind: 'queued' })).toBe('1 event')
  expect(roomWords({ events: 80, kind: 'skipped' })).toContain('the newest go first')
})
