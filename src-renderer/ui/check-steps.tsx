import { CircleAlert, CircleCheck, CircleHelp, TriangleAlert } from 'lucide-react'
import css from './check-steps.module.css'
import { Spinner } from './spinner.tsx'

export interface CheckStep {
  id: string
  title: string
  state: 'running' | 'ok' | 'warn' | 'failed' | 'unknown'
  words: string
  /** How to mend it. */
  help?: string | undefined
  /** How long it took, such as "12 ms". */
  took?: string | undefined
  details?: readonly { readonly term: string; readonly value: string }[] | undefined
}

const ICONS = { ok: CircleCheck, warn: TriangleAlert, failed: CircleAlert, unknown: CircleHelp }
const STATES = {
  running: 'under way',
  ok: 'in order',
  warn: 'to be looked at',
  failed: 'to be mended',
  unknown: 'not known',
}

/** A way that is gone step by step: how each stands, and how to mend it. */
export function CheckSteps({ label, steps }: { label: string; steps: readonly CheckStep[] }) {
  return (
    <ol className={css.steps} aria-label={label}>
      {steps.map((step) => (
        <li key={step.id} className={css.step} data-state={step.state}>
          <StepIcon state={step.state} />
          <div>
            <h3 className={css.title}>
              {step.title}
              <span className="visually-hidden">, {STATES[step.state]}</span>
              {step.took !== undefined && <span className={css.took}>{step.took}</span>}
            </h3>
            <p className={css.words}>{step.words}</p>
            {step.help !== undefined && <p className={css.help}>{step.help}</p>}
            {step.details !== undefined && step.details.length > 0 && (
              <dl className={css.details}>
                {step.details.map(({ term, value }) => (
                  <div key={`${term} ${value}`}>
                    <dt>{term}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            )}
          </div>
        </li>
      ))}
    </ol>
  )
}

function StepIcon({ state }: { state: CheckStep['state'] }) {
  if (state === 'running') {
    return (
      <span className={css.icon}>
        <Spinner />
      </span>
    )
  }
  const Icon = ICONS[state]
  return <Icon className={css.icon} aria-hidden="true" />
}
