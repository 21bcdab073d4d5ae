import { Search } from 'lucide-react'
import css from './search-field.module.css'

interface SearchFieldProps {
  label: string
  /** Else the label stands in it. */
  placeholder?: string
  /** Of a dialog or panel that was just opened for it. */
  focused?: boolean
  value: string
  onChange: (value: string) => void
}

/** Narrows the list below it. */
export function SearchField({
  label,
  placeholder = label,
  focused = false,
  value,
  onChange,
}: SearchFieldProps) {
  return (
    <div className={css.field}>
      <Search aria-hidden="true" />
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        maxLength={500}
        // Asked for only where it is what was opened.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={focused}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || value === '') return
          // First the search is cleared; what is around it closes with the next one.
          event.preventDefault()
          event.stopPropagation()
          onChange('')
        }}
      />
    </div>
  )
}
