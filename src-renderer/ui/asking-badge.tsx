import { DoorOpen } from 'lucide-react'
import css from './asking-badge.module.css'

/** How many stand at the door of a room or a space. `quiet`: of a room that tells of nothing. */
export function AskingBadge({ count, quiet = false }: { count: number; quiet?: boolean }) {
  if (count === 0) return null
  const words = count === 1 ? 'asks to join' : 'ask to join'
  return (
    <span className={css.badge} data-quiet={quiet || undefined} title={`${count} ${words}`}>
      <DoorOpen aria-hidden="true" />
      {count > 99 ? '99+' : count}
      <span className="visually-hidden"> {words}</span>
    </span>
  )
}
