import { expect, test } from 'vitest'
import type { ServerTest } from './schema.ts'
import { testText, verdictOf } from './words.ts'

const found = (over: Partial<ServerTest> = {}): ServerTest => ({
  id: 'x',
  server_name: 'a.example',
  own: false,
  started_ts: 0,
  finished_ts: 500,
  state: 'done',
  reached: true,
  version: 9,
  steps: [
    { step: 'name', state: 'ok', words: 'a.example is a domain name.' },
    {
      step: 'port',
      state: 'failed',
      words: 'Nothing could be connected to.',
      help: 'Open it.',
      ms: 6_000,
      details: [{ term: '192.0.2.1:8448', value: 'it refuses' }],
    },
  ],
  ...over,
})

test('a verdict counts what is wrong, and does not call reached what was not', () => {
  expect(verdictOf(found({ reached: true, steps: [] })).words).toBe('Reached, all is well')
  expect(verdictOf(found())).toEqual({ words: 'Reached, one thing to look at', tone: 'warn' })
  expect(verdictOf(found({ reached: false })).words).toBe('Not reached')
  expect(verdictOf(found({ state: 'running', reached: null })).words).toBe('Under way…')
  expect(verdictOf(found({ state: 'cancelled', reached: null })).words).toContain('Ended')
})

test('the text for a bug report has every step, its time, its details and how to mend it', () => {
  expect(testText(found({ reached: false }), 'us.example')).toBe(
    [
      'Hearth federation test of a.example',
      'from us.example, 1970-01-01T00:00:00.000Z',
      'Result: Not reached',
      '',
      '[ok] The name: a.example is a domain name.',
      '[FAILED] Connection (6.0 s): Nothing could be connected to.',
      '      192.0.2.1:8448: it refuses',
      '      To mend it: Open it.',
      '',
    ].join('\n'),
  )
})
