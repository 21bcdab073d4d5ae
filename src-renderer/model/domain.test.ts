import { expect, test } from 'vitest'
import { parseDomainCheck, type DomainStep } from '../client/domain-check.ts'
import { checkSummary, webServerTexts } from './domain.ts'

const step = (name: DomainStep['step'], state: DomainStep['state']): DomainStep => ({
  step: name,
  state,
  words: '',
  help: undefined,
})

test.each<[DomainStep[], string]>([
  [[step('name', 'ok'), step('outside', 'ok')], 'All is well: servers everywhere find this Hearth.'],
  [[step('name', 'ok'), step('outside', 'unknown')], 'Nothing is wrong as far as can be seen from here.'],
  [[step('port', 'failed'), step('outside', 'unknown')], 'One thing is in the way.'],
  [[step('port', 'failed'), step('outside', 'failed')], '2 things are in the way.'],
  [
    [step('well_known', 'failed'), step('outside', 'ok')],
    'Others reach this Hearth, but one thing is not as it should be.',
  ],
])('a check is summed up in a sentence: %#', (steps, words) => {
  expect(checkSummary(steps)).toBe(words)
})

test('web servers are given what they have to serve', () => {
  const texts = webServerTexts('example.org', 'hearth.example.org:8449', '[::]:8449')
  expect(JSON.parse(texts.file)).toEqual({ 'm.server': 'hearth.example.org:8449' })
  for (const text of [texts.caddy, texts.nginx]) {
    expect(text).toContain('{"m.server":"example.org:443"}')
    expect(text).toContain('https://127.0.0.1:8449')
  }
})

test('what a node says is read with care', () => {
  const steps = [
    { step: 'name', state: 'ok', words: 'fine\u0000' },
    { step: 'from the future', state: 'ok', words: 'x' },
    { step: 'port', state: 'strange', words: 'y'.repeat(5_000) },
  ]
  expect(parseDomainCheck({ domain: true, steps })?.steps).toEqual([
    { step: 'name', state: 'ok', words: 'fine' },
    { step: 'port', state: 'unknown', words: 'y'.repeat(1_000) },
  ])
  expect(parseDomainCheck({ steps: 'none' })).toBeUndefined()
})
