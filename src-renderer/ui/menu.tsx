import { Check, ChevronRight } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import css from './menu.module.css'

export interface MenuItem {
  label: string
  icon?: ReactNode
  danger?: boolean
  /** A key that does the same, at the right. */
  hint?: string | undefined
  onSelect?: () => void
  /** One of several: the chosen one has a mark. */
  checked?: boolean
  /** Opens beside it. */
  items?: readonly MenuItem[]
}

export interface MenuProps {
  /** One element that takes a ref, such as `IconButton`. */
  trigger: ReactNode
  items: readonly MenuItem[]
  open?: boolean
  onOpenChange?: (open: boolean) => void
}

export function Menu({ trigger, items, open, onOpenChange }: MenuProps) {
  return (
    <DropdownMenu.Root
      {...(open === undefined ? {} : { open })}
      {...(onOpenChange === undefined ? {} : { onOpenChange })}
    >
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={css.content} align="end" sideOffset={6} collisionPadding={8}>
          <Items items={items} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Items({ items }: { items: readonly MenuItem[] }) {
  return items.map((item) => {
    const className = [css.item, item.danger === true && css.danger].filter(Boolean).join(' ')
    if (item.items !== undefined) {
      return (
        <DropdownMenu.Sub key={item.label}>
          <DropdownMenu.SubTrigger className={className}>
            {item.icon}
            {item.label}
            <ChevronRight className={css.hint} aria-hidden="true" />
          </DropdownMenu.SubTrigger>
          <DropdownMenu.Portal>
            <DropdownMenu.SubContent className={css.content} sideOffset={4} collisionPadding={8}>
              <Items items={item.items} />
            </DropdownMenu.SubContent>
          </DropdownMenu.Portal>
        </DropdownMenu.Sub>
      )
    }
    if (item.checked !== undefined) {
      return (
        <DropdownMenu.CheckboxItem
          key={item.label}
          className={className}
          checked={item.checked}
          onSelect={item.onSelect}
        >
          <span className={css.check}>
            <DropdownMenu.ItemIndicator>
              <Check aria-hidden="true" />
            </DropdownMenu.ItemIndicator>
          </span>
          {item.label}
        </DropdownMenu.CheckboxItem>
      )
    }
    return (
      <DropdownMenu.Item key={item.label} className={className} onSelect={item.onSelect}>
        {item.icon}
        {item.label}
        {item.hint !== undefined && (
          <kbd className={css.hint} aria-hidden="true">
            {item.hint}
          </kbd>
        )}
      </DropdownMenu.Item>
    )
  })
}
