import { Tag } from '../../../ui/tag.tsx'
import { plainWords } from '../plain-words.ts'
import { useNames } from '../use-names.ts'
import css from './event-detail.module.css'
import { againstWords } from './event-words.ts'
import { ReferenceList } from './reference-list.tsx'
import { RuleWords } from './rule-words.tsx'
import type { Verdict } from './schema.ts'

/** The three checks of the auth rules, each with the rule and the events that decided. */
export function VerdictList({
  verdicts,
  hrefOf,
}: {
  verdicts: readonly Verdict[]
  hrefOf: (eventId: string) => string
}) {
  return (
    <ol className={css.verdicts}>
      {verdicts.map((verdict) => (
        <li key={verdict.against}>
          <OneVerdict verdict={verdict} hrefOf={hrefOf} />
        </li>
      ))}
    </ol>
  )
}

function OneVerdict({ verdict, hrefOf }: { verdict: Verdict; hrefOf: (eventId: string) => string }) {
  const names = useNames()
  const { title, help } = againstWords[verdict.against]
  const refused = verdict.verdict === 'refused'
  const version = /^v(\d+)/u.exec(verdict.rule ?? '')?.[1]
  return (
    <>
      <p className={css.verdict}>
        <span>{title}</span>
        <Tag tone={refused ? (verdict.against === 'current_state' ? 'warn' : 'danger') : 'ok'}>
          {refused ? 'Refused' : 'Allowed'}
        </Tag>
      </p>
      <p className={css.help}>{help}</p>
      {refused && (
        <>
          <p className={css.reason} title={verdict.reason}>
            {plainWords(verdict.reason ?? '', names)}
          </p>
          <RuleWords rule={verdict} roomVersion={version} />
          <ReferenceList
            label="Events that were looked at"
            events={verdict.looked_at}
            hrefOf={hrefOf}
            empty="No other event was looked at."
          />
        </>
      )}
    </>
  )
}
