import type { ComponentProps, ReactNode } from 'react'
import { Tooltip } from 'radix-ui'
import css from './icon-button.module.css'

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** Accessible name, and what the tooltip says. */
  label: string
  icon: ReactNode
  size?: 'md' | 'sm'
  pressed?: boolean
  tooltip?: boolean
  /** How many things wait behind it, which `label` has to say too. */
  badge?: number
}

export function IconButton({
  label,
  icon,
  size = 'md',
  pressed,
  tooltip = true,
  badge = 0,
  className,
  ...props
}: IconButtonProps) {
  const button = (
    <button
      type="button"
      {...props}
      aria-label={label}
      aria-pressed={pressed}
      className={[css.button, css[size], className].filter(Boolean).join(' ')}
    >
      {icon}
      {badge > 0 && <span className={css.badge}>{badge > 9 ? '9+' : badge}</span>}
    </button>
  )
  if (!tooltip) return button
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{button}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className={css.tooltip} sideOffset={6} collisionPadding={8}>
          {label}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
