import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './check-row.module.css'
import { NameAndDetail } from './name-and-detail.tsx'

interface CheckRowProps {
  title: string
  detail: string
  avatar: ReactNode
  checked: boolean
  onToggle: () => void
}

/** A person or a room among which several are chosen. */
export function CheckRow({ title, detail, avatar, checked, onToggle }: CheckRowProps) {
  return (
    <label className={css.row}>
      <input
        type="checkbox"
        className="covering-input"
        checked={checked}
        onChange={onToggle}
        aria-label={title}
      />
      {avatar}
      <NameAndDetail name={title} detail={detail} />
      <span className={css.mark} data-checked={checked || undefined} aria-hidden="true">
        <Check />
      </span>
    </label>
  )
}
