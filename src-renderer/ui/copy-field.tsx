import { useId } from 'react'
import { CopyButton } from './copy-button.tsx'
import css from './copy-field.module.css'

/** Words to hand to somebody else: shown whole, and copied by one click. */
export function CopyField({ label, hint, value }: { label: string; hint: string; value: string }) {
  const id = useId()
  return (
    <div className={css.field}>
      <span id={id} className={css.label}>
        {label}
      </span>
      <div className={css.row}>
        <output className={css.value} aria-labelledby={id}>
          {value}
        </output>
        <CopyButton text={value} words="Copy" label={`Copy: ${label}`} />
      </div>
      <p className={css.hint}>{hint}</p>
    </div>
  )
}
