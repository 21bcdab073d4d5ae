import { BellOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { AskingBadge } from './asking-badge.tsx'
import css from './list-row.module.css'

export interface ListRowProps {
  avatar: ReactNode
  title: string
  /** Second line. */
  detail?: ReactNode
  /** At the right of the first line, such as a time. */
  meta?: ReactNode
  unread?: number
  /** The person is mentioned. */
  highlight?: boolean
  /** What is unread asks for attention, without a mention. */
  loud?: boolean
  /** Marked by hand as not read yet. */
  marked?: boolean
  /** How many wait to be let in. */
  asking?: number
  /** Tells of nothing; quieter than the others. */
  muted?: boolean
  selected?: boolean
  href?: string
  onClick?: () => void
  disabled?: boolean
  compact?: boolean
}

/** A person or a room in a list: a link where it leads somewhere, a button where it does something. */
export function ListRow(props: ListRowProps) {
  const {
    avatar,
    title,
    detail,
    meta,
    unread = 0,
    highlight = false,
    loud = highlight,
    marked = false,
    asking = 0,
    muted = false,
    selected = false,
    compact = false,
  } = props
  const className = [
    css.row,
    selected && css.selected,
    (unread > 0 || marked || asking > 0) && css.unread,
    muted && css.muted,
    compact && css.compact,
  ]
    .filter(Boolean)
    .join(' ')
  const content = (
    <>
      {avatar}
      <span className={css.words}>
        <span className={css.line}>
          <span className={css.title}>{title}</span>
          {muted && (
            <span className={css.mute} title="Notifications are off">
              <BellOff aria-hidden="true" />
              <span className="visually-hidden">Notifications are off</span>
            </span>
          )}
          {meta !== undefined && <span className={css.meta}>{meta}</span>}
        </span>
        {(detail !== undefined || unread > 0 || marked || asking > 0) && (
          <span className={css.line}>
            <span className={css.detail}>{detail}</span>
            <AskingBadge count={asking} quiet={muted} />
            {unread > 0 && (
              <span className={[css.badge, loud && css.loud].filter(Boolean).join(' ')}>
                {highlight && '@'}
                {unread > 99 ? '99+' : unread}
                <span className="visually-hidden"> unread{highlight ? ', you are mentioned' : ''}</span>
              </span>
            )}
            {unread === 0 && marked && (
              <span className={css.dot}>
                <span className="visually-hidden">Marked unread</span>
              </span>
            )}
          </span>
        )}
      </span>
    </>
  )
  if (props.href !== undefined) {
    return (
      <a
        className={className}
        href={props.href}
        aria-current={selected ? 'page' : undefined}
        draggable={false}
      >
        {content}
      </a>
    )
  }
  return (
    <button type="button" className={className} onClick={props.onClick} disabled={props.disabled}>
      {content}
    </button>
  )
}
