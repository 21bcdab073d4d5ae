import { useId } from 'react'
import css from './segmented.module.css'

export interface SegmentedProps<T extends string> {
  label: string
  /** Where what is chosen from speaks for itself, the label is only heard. */
  labelHidden?: boolean
  value: T
  options: readonly { value: T; label: string }[]
  onChange: (value: T) => void
}

export function Segmented<T extends string>(props: SegmentedProps<T>) {
  const { label, labelHidden = false, value, options, onChange } = props
  const id = useId()
  return (
    <fieldset className={css.fieldset}>
      <legend className={labelHidden ? 'visually-hidden' : css.legend}>{label}</legend>
      <div className={css.track}>
        {options.map((option) => (
          <label key={option.value} className={css.option} data-checked={option.value === value || undefined}>
            <input
              className="covering-input"
              type="radio"
              name={id}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
