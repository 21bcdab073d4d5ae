import { useId } from 'react'
import css from './choice.module.css'

interface ChoiceProps {
  label: string
  /** What is shown when nothing is chosen, which is the empty value. */
  all: string
  value: string
  options: readonly { value: string; label: string }[]
  /** Words for what is chosen and not among the options. */
  other?: (value: string) => string
  onChange: (value: string) => void
}

/** One of the filters above a list. */
export function Choice({ label, all, value, options, other, onChange }: ChoiceProps) {
  const id = useId()
  const missing = value !== '' && !options.some((option) => option.value === value)
  return (
    <>
      <label htmlFor={id} className="visually-hidden">
        {label}
      </label>
      <select
        id={id}
        className={css.select}
        data-on={value !== '' || undefined}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{all}</option>
        {missing && <option value={value}>{other?.(value) ?? value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </>
  )
}
