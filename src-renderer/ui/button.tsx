import type { ComponentProps } from 'react'
import css from './button.module.css'
import { Spinner } from './spinner.tsx'

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: 'primary' | 'secondary' | 'ghost' | 'danger'
  size?: 'md' | 'sm'
  /** Keeps the width and the name while something runs. */
  busy?: boolean
}

export function Button({ variant = 'secondary', size = 'md', busy = false, ...rest }: ButtonProps) {
  const { className, children, disabled, type = 'button', ...props } = rest
  return (
    <button
      {...props}
      type={type}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={[css.button, css[variant], css[size], className].filter(Boolean).join(' ')}
    >
      {busy && <Spinner />}
      {children}
    </button>
  )
}
