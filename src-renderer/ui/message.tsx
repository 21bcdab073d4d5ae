import type { ComponentProps, ReactNode } from 'react'
import { colourIndex } from './initials.ts'
import css from './message.module.css'

export interface MessageProps extends Omit<ComponentProps<'article'>, 'children' | 'style'> {
  avatar: ReactNode
  name: string
  /** Decides the colour of the name. */
  senderId: string
  onSender?: (() => void) | undefined
  /** "14:05" */
  time: string
  /** The whole moment, shown on hover. */
  moment: string
  /** Where the time leads: the path of the message. */
  pathHref?: string | undefined
  startsGroup: boolean
  /** What is answered. */
  above?: ReactNode
  body: ReactNode
  /** Reactions, a thread, why it was not sent. */
  below?: ReactNode
  /** At the right of the last line: who has read it, or what became of it. */
  aside?: ReactNode
  toolbar?: ReactNode
  /** Beside the name, or where the name would be. */
  badge?: ReactNode
  style: 'text' | 'emote' | 'notice' | 'placeholder'
  state: 'waiting' | 'sent' | 'read' | 'failed' | undefined
  /** The person is meant by it. */
  mentioned?: boolean
  /** Was jumped to. */
  flash?: boolean
}

export function Message(props: MessageProps) {
  const { avatar, name, senderId, onSender, time, moment, startsGroup, above, body, below, aside, toolbar } =
    props
  const { badge, style, state, mentioned, flash, className, pathHref, ...article } = rest(props)
  return (
    // Arrow keys move the focus from message to message.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <article
      {...article}
      className={[css.message, className].filter(Boolean).join(' ')}
      data-group={startsGroup || undefined}
      data-state={state}
      data-mentioned={mentioned === true || undefined}
      data-flash={flash === true || undefined}
      aria-label={name}
    >
      <div className={css.side}>
        {startsGroup ? (
          avatar
        ) : (
          <>
            <span className={css.sideBadge}>{badge}</span>
            <Time className={css.sideTime} time={time} moment={moment} href={pathHref} />
          </>
        )}
      </div>
      <div className={css.main}>
        {startsGroup && (
          <header className={css.header}>
            <Sender name={name} senderId={senderId} onSender={onSender} />
            <Time className={css.time} time={time} moment={moment} href={pathHref} />
            {badge}
          </header>
        )}
        {above}
        <div className={[css.body, css[style]].join(' ')}>{body}</div>
        {below}
      </div>
      <div className={css.aside}>{aside}</div>
      {toolbar !== undefined && toolbar !== false && <div className={css.toolbar}>{toolbar}</div>}
    </article>
  )
}

/** What is left for the element itself. */
function rest(props: MessageProps) {
  const { avatar: _a, name: _n, senderId: _s, onSender: _o, time: _t, moment: _m, ...more } = props
  const { startsGroup: _g, above: _u, body: _b, below: _d, aside: _r, toolbar: _x, ...article } = more
  return article
}

interface TimeProps {
  className: string | undefined
  time: string
  moment: string
  href: string | undefined
}

function Time({ className, time, moment, href }: TimeProps) {
  if (href === undefined) {
    return (
      <time className={className} title={moment}>
        {time}
      </time>
    )
  }
  return (
    // By keyboard the same is reached from the message's menu; one stop less for each message.
    <a href={href} tabIndex={-1} className={className} title={`${moment}. Path of this message`}>
      <time>{time}</time>
      <span className="visually-hidden">: the path of this message</span>
    </a>
  )
}

function Sender({ name, senderId, onSender }: Pick<MessageProps, 'name' | 'senderId' | 'onSender'>) {
  const className = [css.name, css[`colour${colourIndex(senderId)}`]].join(' ')
  if (onSender === undefined) {
    return (
      <span title={name} className={className}>
        {name}
      </span>
    )
  }
  return (
    // Reached by keyboard from the members; one stop less for each message.
    <button type="button" tabIndex={-1} title={name} className={className} onClick={onSender}>
      {name}
    </button>
  )
}

export function Notice({ text, time, aside }: { text: string; time: string; aside?: ReactNode }) {
  return (
    <div className={css.noticeRow}>
      <p className={css.notice} title={time}>
        {text}
      </p>
      <div className={css.aside}>{aside}</div>
    </div>
  )
}

export function DaySeparator({ label, onClick }: { label: string; onClick?: (() => void) | undefined }) {
  return (
    <div className={css.day}>
      <h3>
        {onClick === undefined ? (
          label
        ) : (
          <button type="button" tabIndex={-1} title="Jump to a date" onClick={onClick}>
            {label}
          </button>
        )}
      </h3>
    </div>
  )
}

export function UnreadLine() {
  return (
    <div className={css.unread}>
      <span>New</span>
    </div>
  )
}
