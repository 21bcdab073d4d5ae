import { useId } from 'react'
import { KINDS } from './exchange.ts'
import type { Filters } from './filters.ts'
import css from './transactions.module.css'

export function KindSelect(props: { value: Filters['kind']; onChange: (kind: Filters['kind']) => void }) {
  const id = useId()
  return (
    <span className={css.kind}>
      <label htmlFor={id} className="visually-hidden">
        Kind
      </label>
      <select
        id={id}
        value={props.value}
        onChange={({ target }) =>
          props.onChange(KINDS.find(({ value }) => value === target.value)?.value ?? 'all')
        }
      >
        <option value="all">Every kind</option>
        {KINDS.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </span>
  )
}
