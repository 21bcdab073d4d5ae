import { Check, CircleHelp, Clock3, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { inspectorHref } from '../../../model/routes.ts'
import { clockTime } from '../clock-time.ts'
import { formatDuration } from '../trace-values.tsx'
import type { Names } from '../use-names.ts'
import { plainWords } from '../plain-words.ts'
import type { PathStep } from './schema.ts'
import css from './path.module.css'

const LABELS: Readonly<Record<PathStep['kind'], string>> = {
  composed: 'Written',
  signed: 'Signed',
  authorised: 'Judged',
  stored: 'Stored',
  queued: 'Queued',
  sent: 'Sent',
  answered: 'Answered',
  received: 'Received',
  visible: 'Shown',
  read: 'Read',
}

const STATES = {
  done: { icon: <Check />, word: '' },
  waiting: { icon: <Clock3 />, word: 'Waiting: ' },
  failed: { icon: <X />, word: 'Failed: ' },
  unknown: { icon: <CircleHelp />, word: 'Not known: ' },
} as const

/** Steps of a path on one server, each with its time and how long after `base` that was. */
export function StepList({
  label,
  steps,
  base,
  names,
  quietReasonOf,
  more,
}: {
  label: string
  steps: readonly PathStep[]
  base: number | undefined
  names: Names
  /** Its reason stands elsewhere already. */
  quietReasonOf?: PathStep | undefined
  /** Below the words of a step. */
  more?: (step: PathStep) => ReactNode
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-redundant-roles
    <ol role="list" className={css.steps} aria-label={label}>
      {steps.map((step, index) => (
        // The steps of a path keep their places.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index} className={css.step} data-state={step.state}>
          <span className={css.mark} aria-hidden="true">
            {STATES[step.state].icon}
          </span>
          <div className={css.stepBody}>
            <p className={css.stepHead}>
              <span className={css.stepName}>{LABELS[step.kind]}</span>
              {step.ts !== undefined && (
                <time
                  className={css.when}
                  dateTime={new Date(step.ts).toISOString()}
                  title={new Date(step.ts).toLocaleString()}
                >
                  {clockTime(step.ts)}
                  {base !== undefined && <span className={css.after}>{difference(step.ts - base)}</span>}
                </time>
              )}
            </p>
            <p className={css.words}>
              <span className="visually-hidden">{STATES[step.state].word}</span>
              {plainWords(step.words, names)}{' '}
              {step.kind === 'sent' && step.record !== undefined && (
                <a href={inspectorHref('transactions', [String(step.record)])}>Details</a>
              )}
            </p>
            {step.reason !== undefined && step !== quietReasonOf && (
              <p className={css.reason}>{plainWords(step.reason, names)}</p>
            )}
            {more?.(step)}
          </div>
        </li>
      ))}
    </ol>
  )
}

function difference(ms: number): string {
  const abs = Math.abs(ms)
  if (abs < 1) return '±0 ms'
  return `${ms < 0 ? '−' : '+'}${abs < 1000 ? `${Math.round(abs)} ms` : formatDuration(abs)}`
}
