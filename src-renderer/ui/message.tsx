import { Check, CheckCheck, CircleAlert, Clock3, RotateCw, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { IconButton } from './icon-button.tsx'
import { colourIndex } from './initials.ts'
import css from './message.module.css'

export interface MessageProps {
  avatar: ReactNode
  name: string
  /** Decides the colour of the name. */
  senderId: string
  /** "14:05" */
  time: string
  /** The whole moment, shown on hover. */
  moment: string
  startsGroup: boolean
  body: ReactNode
  style: 'text' | 'emote' | 'notice' | 'placeholder'
  edited: boolean
  state: 'waiting' | 'sent' | 'read' | 'failed' | undefined
  showState: boolean
  error?: string | undefined
  onDelete?: (() => void) | undefined
  onRetry?: (() => void) | undefined
}

const STATES = {
  waiting: { word: 'Waiting to be sent', icon: <Clock3 /> },
  sent: { word: 'Sent', icon: <Check /> },
  read: { word: 'Read', icon: <CheckCheck /> },
  failed: { word: 'Not sent', icon: <CircleAlert /> },
} as const

export function Message(props: MessageProps) {
  const { startsGroup, state, style } = props
  return (
    <article
      className={css.message}
      data-group={startsGroup || undefined}
      data-state={state}
      aria-label={props.name}
    >
      <div className={css.side}>
        {startsGroup ? (
          props.avatar
        ) : (
          <time className={css.sideTime} title={props.moment}>
            {props.time}
          </time>
        )}
      </div>
      <div className={css.main}>
        {startsGroup && (
          <header className={css.header}>
            <span
              title={props.name}
              className={[css.name, css[`colour${colourIndex(props.senderId)}`]].join(' ')}
            >
              {props.name}
            </span>
            <time className={css.time} title={props.moment}>
              {props.time}
            </time>
          </header>
        )}
        <div className={[css.body, css[style]].join(' ')}>
          {props.body}
          {props.edited && <span className={css.edited}> (edited)</span>}
        </div>
        {state === 'failed' && (
          <div className={css.failed}>
            <span className={css.failedWords}>
              <CircleAlert aria-hidden="true" />
              <span>Not sent{props.error === undefined ? '' : `: ${props.error}`}</span>
            </span>
            <Button size="sm" onClick={props.onRetry}>
              <RotateCw aria-hidden="true" /> Retry
            </Button>
            <Button size="sm" variant="ghost" onClick={props.onDelete}>
              <Trash2 aria-hidden="true" /> Delete
            </Button>
          </div>
        )}
      </div>
      {state !== undefined && state !== 'failed' && (
        <span
          className={[css.state, props.showState && css.stateShown].filter(Boolean).join(' ')}
          title={STATES[state].word}
        >
          {STATES[state].icon}
          <span className="visually-hidden">{STATES[state].word}</span>
        </span>
      )}
      {props.onDelete !== undefined && state !== 'failed' && (
        <div className={css.actions}>
          <IconButton size="sm" label="Delete message" icon={<Trash2 />} onClick={props.onDelete} />
        </div>
      )}
    </article>
  )
}

export function Notice({ text, time }: { text: string; time: string }) {
  return (
    <p className={css.notice} title={time}>
      {text}
    </p>
  )
}

export function DaySeparator({ label }: { label: string }) {
  return (
    <div className={css.day}>
      <h3>{label}</h3>
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
