import css from './event-detail.module.css'

interface Rule {
  rule?: string | undefined
  rule_number?: string | undefined
  title?: string | undefined
  meaning?: string | undefined
  spec?: string | undefined
}

/** A rule of the specification: its number, what it is about, what it asks for, and where it is written. */
export function RuleWords({ rule, roomVersion }: { rule: Rule; roomVersion: string | undefined }) {
  if (rule.rule_number === undefined) return null
  return (
    <div className={css.rule}>
      <p>
        <strong>
          Rule {rule.rule_number}
          {roomVersion === undefined ? '' : ` of room version ${roomVersion}`}
        </strong>
        {rule.title === undefined ? '' : `: ${rule.title}`}
      </p>
      {rule.meaning !== undefined && <p className={css.help}>{rule.meaning}</p>}
      {rule.spec !== undefined && (
        <p className={css.help}>
          <a href={rule.spec} target="_blank" rel="noreferrer noopener">
            Read rule {rule.rule_number} in the Matrix specification
          </a>
        </p>
      )}
    </div>
  )
}
