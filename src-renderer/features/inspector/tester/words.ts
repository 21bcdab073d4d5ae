import { STEP_TITLES } from '../../../model/domain.ts'
import type { Tone } from '../../../ui/tag.tsx'
import { formatDuration } from '../trace-values.tsx'
import type { ServerTest, TestStep } from './schema.ts'

const TITLES: Readonly<Record<string, string>> = {
  ...STEP_TITLES,
  well_known: '.well-known',
  srv: 'SRV records',
  rules: 'The rules of this Hearth',
  lan: 'On this network',
  port: 'Connection',
  certificate: 'TLS and certificate',
  keys: 'Signing keys',
  version: 'Who answers',
  signed: 'A signed request',
  back: 'The way back',
  clock: 'Clock',
}

export const stepTitle = (step: string): string => TITLES[step] ?? step

/** How the test ended, or how far it is. */
export function verdictOf(test: Pick<ServerTest, 'state' | 'reached' | 'steps' | 'own'>): {
  words: string
  tone: Tone
} {
  if (test.state === 'running') return { words: 'Under way…', tone: 'neutral' }
  if (test.state === 'cancelled') return { words: 'Ended before it was done', tone: 'neutral' }
  if (test.state === 'broken') return { words: 'The test itself failed', tone: 'danger' }
  const troubles = test.steps.filter((step) => step.state === 'failed' || step.state === 'warn').length
  const more = troubles === 1 ? 'one thing to look at' : `${troubles} things to look at`
  if (test.own) {
    if (troubles === 0) return { words: 'This is this Hearth itself', tone: 'ok' }
    return { words: `This is this Hearth itself: ${more}`, tone: 'warn' }
  }
  if (test.reached === true)
    return troubles === 0
      ? { words: 'Reached, all is well', tone: 'ok' }
      : { words: `Reached, ${more}`, tone: 'warn' }
  return { words: 'Not reached', tone: 'danger' }
}

const MARKS: Readonly<Record<TestStep['state'], string>> = {
  running: '…',
  ok: 'ok',
  warn: 'warning',
  failed: 'FAILED',
  unknown: 'unknown',
}

/** The whole test as text, for a bug report. */
export function testText(test: ServerTest, from: string): string {
  const lines = [
    `Hearth federation test of ${test.server_name}`,
    `from ${from}, ${new Date(test.started_ts).toISOString()}`,
    `Result: ${verdictOf(test).words}`,
    '',
  ]
  for (const step of test.steps) {
    const took = step.ms === undefined ? '' : ` (${formatDuration(step.ms)})`
    lines.push(`[${MARKS[step.state]}] ${stepTitle(step.step)}${took}: ${step.words}`)
    for (const { term, value } of step.details ?? []) lines.push(`      ${term}: ${value}`)
    if (step.help !== undefined) lines.push(`      To mend it: ${step.help}`)
  }
  return `${lines.join('\n')}\n`
}
