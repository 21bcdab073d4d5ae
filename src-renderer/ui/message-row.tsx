import { AtSign, Pin } from 'lucide-react'
import { memo, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { useVerbs } from '../model/conversation.ts'
import { inspectorHref } from '../model/routes.ts'
import { formatMoment, formatTime } from '../model/time.ts'
import type { MessageRow as Row } from '../model/timeline.ts'
import { useIsOwner, useServices } from '../model/use-client.ts'
import { Avatar } from './avatar.tsx'
import { actionsOf, type MessageRights } from './message-actions.tsx'
import { MessageBoundary } from './message-boundary.tsx'
import { MessageContent } from './message-content.tsx'
import { FailedMessage } from './message-failed.tsx'
import { Quote } from './message-quote.tsx'
import { Reactions } from './message-reactions.tsx'
import { Readers } from './message-readers.tsx'
import { DeliveryMark, StateMark } from './message-state.tsx'
import { ThreadButton } from './message-thread.tsx'
import { MessageToolbar } from './message-toolbar.tsx'
import { Message } from './message.tsx'
import css from './message.module.css'

interface MessageRowProps {
  row: Row
  rights: MessageRights
  pinned: boolean
  /** The one message of the list that Tab leads to. */
  tabbable: boolean
  flash: boolean
}

/** One message with everything that belongs to it. Drawn again only when something in its row changed. */
export const MessageRow = memo(function MessageRow({
  row,
  rights,
  pinned,
  tabbable,
  flash,
}: MessageRowProps) {
  const services = useServices()
  const verbs = useVerbs()
  const { client } = services
  const { event } = row
  const isOwner = useIsOwner()
  const [active, setActive] = useState(false)
  const [open, setOpen] = useState<'menu' | 'picker'>()
  const pointed = useSettledPointer(setActive)
  const press = useLongPress(() => {
    if (event === undefined) return
    setActive(true)
    setOpen('menu')
  })
  const mayReact = rights.react && event !== undefined && !event.redacted
  const react = (key: string): void => {
    if (event !== undefined) client.toggleReaction(verbs.roomId, event, key)
  }
  const actions = () => actionsOf({ row, rights, pinned, verbs, services })

  function onKeyDown(pressed: KeyboardEvent): void {
    if (pressed.target !== pressed.currentTarget || pressed.ctrlKey || pressed.metaKey || pressed.altKey)
      return
    if (pressed.key === 'Enter' && event !== undefined) {
      setOpen('menu')
    } else if (pressed.key === '+' && mayReact) {
      setOpen('picker')
    } else {
      const key = pressed.key === 'Backspace' ? 'Delete' : pressed.key
      const action = actions().find((each) => each.key === key)
      if (action === undefined) return
      action.run()
    }
    pressed.preventDefault()
  }

  return (
    <Message
      {...press}
      avatar={<Avatar id={row.sender.userId} name={row.sender.name} mxc={row.sender.avatarMxc} />}
      name={row.sender.name}
      senderId={row.sender.userId}
      onSender={() => verbs.openPanel({ kind: 'person', userId: row.sender.userId })}
      time={formatTime(row.ts)}
      moment={formatMoment(row.ts)}
      pathHref={isOwner && event !== undefined ? inspectorHref('path', [event.id]) : undefined}
      startsGroup={row.startsGroup}
      style={row.style}
      state={row.state}
      mentioned={event?.mentionsMe === true && !row.own}
      flash={flash}
      tabIndex={tabbable ? 0 : -1}
      data-key={row.key}
      badge={<Badges pinned={pinned} mentioned={event?.mentionsMe === true && !row.own} />}
      onPointerEnter={pointed.enter}
      onPointerLeave={pointed.leave}
      onFocus={() => setActive(true)}
      onBlur={(left) => !left.currentTarget.contains(left.relatedTarget) && setActive(false)}
      onKeyDown={onKeyDown}
      above={event?.replyTo !== undefined && !event.redacted && <Quote eventId={event.replyTo} />}
      body={
        <MessageBoundary content={row.content}>
          {row.style === 'placeholder' ? (
            row.body
          ) : (
            <>
              <MessageContent
                type={row.type}
                content={row.content}
                event={event}
                senderName={row.sender.name}
                after={
                  row.edited && (
                    <button
                      type="button"
                      tabIndex={-1}
                      className={css.edited}
                      title="Show earlier versions"
                      onClick={() => event !== undefined && verbs.ask({ kind: 'versions', event })}
                    >
                      (edited)
                    </button>
                  )
                }
              />
            </>
          )}
        </MessageBoundary>
      }
      below={
        <>
          {event !== undefined && event.reactions.length > 0 && (
            <Reactions
              reactions={event.reactions}
              myUserId={client.userId}
              mayReact={mayReact}
              onToggle={react}
              onShow={() => verbs.ask({ kind: 'reactions', event })}
            />
          )}
          {event?.thread !== undefined && verbs.threadId === undefined && (
            <ThreadButton
              thread={event.thread}
              onOpen={() => verbs.openPanel({ kind: 'thread', rootId: event.id })}
            />
          )}
          {row.state === 'failed' && (
            <FailedMessage
              error={row.error}
              onRetry={() => row.txnId !== undefined && client.retry(row.txnId)}
              onDelete={() => row.txnId !== undefined && client.discard(row.txnId)}
            />
          )}
        </>
      }
      aside={<Aside row={row} />}
      toolbar={
        event !== undefined &&
        (active || open !== undefined) && (
          <MessageToolbar
            actions={actions()}
            mayReact={mayReact}
            mine={event.reactions.flatMap((each) => (each.mine === undefined ? [] : [each.key]))}
            onReact={react}
            open={open}
            onOpen={setOpen}
          />
        )
      }
    />
  )
})

function Badges({ pinned, mentioned }: { pinned: boolean; mentioned: boolean }) {
  return (
    <>
      {mentioned && (
        <span className={css.badge} title="You are mentioned">
          <AtSign aria-hidden="true" />
          <span className="visually-hidden">You are mentioned</span>
        </span>
      )}
      {pinned && (
        <span className={css.badge} title="Pinned">
          <Pin aria-hidden="true" />
          <span className="visually-hidden">Pinned</span>
        </span>
      )}
    </>
  )
}

/** The faces of those who read it; without any, what became of an own message. */
function Aside({ row }: { row: Row }) {
  const { roomId, ask } = useVerbs()
  const { event } = row
  if (row.readers.length > 0) {
    return (
      <Readers
        people={row.readers}
        onOpen={event === undefined ? undefined : () => ask({ kind: 'details', event })}
      />
    )
  }
  if (row.state === undefined || row.state === 'failed') return null
  if (row.state === 'sent' && row.showState && event !== undefined) {
    return <DeliveryMark roomId={roomId} eventId={event.id} />
  }
  return <StateMark state={row.state} shown={row.showState} />
}

const SETTLED_MS = 40

/** Rows that only pass under the pointer, as in scrolling, draw no tools. */
function useSettledPointer(setActive: (active: boolean) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return {
    enter: (): void => {
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setActive(true), SETTLED_MS)
    },
    leave: (): void => {
      clearTimeout(timer.current)
      setActive(false)
    },
  }
}

const LONG_PRESS_MS = 450

/** A finger that rests on a message asks what can be done with it; one that moves scrolls. */
function useLongPress(action: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const stop = (): void => clearTimeout(timer.current)
  useEffect(() => () => clearTimeout(timer.current), [])
  return {
    onPointerDown(event: PointerEvent): void {
      if (event.pointerType !== 'touch') return
      stop()
      timer.current = setTimeout(action, LONG_PRESS_MS)
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onPointerMove(event: PointerEvent): void {
      if (Math.abs(event.movementX) + Math.abs(event.movementY) > 3) stop()
    },
  }
}
