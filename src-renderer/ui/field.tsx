import { Switch as RadixSwitch } from 'radix-ui'
import { useId, type ComponentProps, type ReactNode } from 'react'
import css from './field.module.css'

export interface TextFieldProps extends Omit<ComponentProps<'input'>, 'id'> {
  label: string
  hint?: ReactNode
  error?: string | undefined
}

export function TextField({ label, hint, error, ...props }: TextFieldProps) {
  const id = useId()
  const described = error !== undefined || hint !== undefined
  return (
    <div className={css.field}>
      <label htmlFor={id} className={css.label}>
        {label}
      </label>
      <input
        autoComplete="off"
        {...props}
        id={id}
        className={css.input}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={described ? `${id}-more` : undefined}
      />
      {described && (
        <p id={`${id}-more`} className={error === undefined ? css.hint : css.error}>
          {error ?? hint}
        </p>
      )}
    </div>
  )
}

export interface TextAreaFieldProps extends Omit<ComponentProps<'textarea'>, 'id'> {
  label: string
  hint?: ReactNode
}

/** For words that may take several lines; grows with them. */
export function TextAreaField({ label, hint, ...props }: TextAreaFieldProps) {
  const id = useId()
  return (
    <div className={css.field}>
      <label htmlFor={id} className={css.label}>
        {label}
      </label>
      <textarea
        rows={2}
        {...props}
        id={id}
        className={[css.input, css.area].join(' ')}
        aria-describedby={hint === undefined ? undefined : `${id}-more`}
      />
      {hint !== undefined && (
        <p id={`${id}-more`} className={css.hint}>
          {hint}
        </p>
      )}
    </div>
  )
}

export interface SwitchFieldProps {
  label: string
  hint?: string
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
}

export function SwitchField({ label, hint, checked, onChange, disabled = false }: SwitchFieldProps) {
  const id = useId()
  return (
    <div className={css.switchField}>
      <div>
        <label htmlFor={id} className={css.switchLabel}>
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-more`} className={css.hint}>
            {hint}
          </p>
        )}
      </div>
      <RadixSwitch.Root
        id={id}
        className={css.switch}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-more`}
      >
        <RadixSwitch.Thumb className={css.thumb} />
      </RadixSwitch.Root>
    </div>
  )
}

export interface ChoiceFieldProps<T extends string> {
  label: string
  value: T
  options: readonly { value: T; label: string; hint?: string; disabled?: boolean }[]
  onChange: (value: T) => void
  /** What is chosen can be read, and not changed. */
  disabled?: boolean
}

export function ChoiceField<T extends string>(props: ChoiceFieldProps<T>) {
  const { label, value, options, onChange, disabled = false } = props
  const id = useId()
  return (
    <fieldset className={css.choices}>
      <legend className={css.label}>{label}</legend>
      {options.map((option) => (
        <label key={option.value} className={css.choice} data-checked={option.value === value || undefined}>
          <input
            disabled={disabled || option.disabled === true}
            type="radio"
            name={id}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>
            <span className={css.choiceLabel}>{option.label}</span>
            {option.hint !== undefined && <span className={css.hint}>{option.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
