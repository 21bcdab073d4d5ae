import { Check, Copy } from 'lucide-react'
import { useId, useState } from 'react'
import { Button } from './button.tsx'
import css from './copy-field.module.css'

/** Words to hand to somebody else: shown whole, and copied by one click. */
export function CopyField({ label, hint, value }: { label: string; hint: string; value: string }) {
  const id = useId()
  const [copied, setCopied] = useState(false)

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(value)
      setCopied(true)
      setTimeout(() => setCopied(false), 2_000)
    } catch (error) {
      // The text stays selectable by hand.
      console.warn('The clipboard is not available', error)
    }
  }

  return (
    <div className={css.field}>
      <span id={id} className={css.label}>
        {label}
      </span>
      <div className={css.row}>
        <output className={css.value} aria-labelledby={id}>
          {value}
        </output>
        <Button size="sm" aria-label={`Copy: ${label}`} onClick={() => void copy()}>
          {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <p className={css.hint}>{hint}</p>
    </div>
  )
}
