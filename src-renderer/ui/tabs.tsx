import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import css from './tabs.module.css'

export interface Tab {
  id: string
  label: string
  icon: ReactNode
  /** Something in it is not saved. */
  marked?: boolean
  /** How much in it is new. */
  count?: number
  content: ReactNode
}

export interface TabsProps {
  label: string
  tabs: readonly Tab[]
  value: string
  onChange: (id: string) => void
}

/** Parts of a large dialog: their names beside it, or above it where there is little room. */
export function Tabs({ label, tabs, value, onChange }: TabsProps) {
  return (
    <Radix.Root className={css.tabs} orientation="vertical" value={value} onValueChange={onChange}>
      <Radix.List className={css.list} aria-label={label}>
        {tabs.map((tab) => (
          <Radix.Trigger key={tab.id} value={tab.id} className={css.tab}>
            {tab.icon}
            <span>{tab.label}</span>
            {tab.marked === true && (
              <span className={css.mark} title="Not saved yet">
                <span className="visually-hidden">, not saved yet</span>
              </span>
            )}
            {(tab.count ?? 0) > 0 && (
              <span className={css.count}>
                {(tab.count ?? 0) > 99 ? '99+' : tab.count}
                <span className="visually-hidden"> new</span>
              </span>
            )}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className={css.content}>
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
