import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Virtualizer } from 'virtua'
import type { JumpTarget } from '../model/conversation.ts'
import { formatDay, formatMoment } from '../model/time.ts'
import type { TimelineRow } from '../model/timeline.ts'
import type { TimelineSnapshot } from '../model/types.ts'
import { useNow } from '../model/use-now.ts'
import { Button } from './button.tsx'
import { IconButton } from './icon-button.tsx'
import type { MessageRights } from './message-actions.tsx'
import css from './message-list.module.css'
import { Readers } from './message-readers.tsx'
import { MessageRow } from './message-row.tsx'
import { DaySeparator, Notice, UnreadLine } from './message.tsx'
import { Spinner } from './spinner.tsx'
import { useFlash } from './use-flash.ts'
import { useMessageScroll } from './use-message-scroll.ts'
import { usePlayingRow } from './use-playing-row.ts'
import { useRovingFocus } from './use-roving-focus.ts'

/** More is asked for when fewer pixels than these are left. */
const LOAD_AHEAD_PX = 2_000
const RETRY_MS = 3_000

export interface MessageListProps {
  label: string
  timeline: TimelineSnapshot
  rows: readonly TimelineRow[]
  rights: MessageRights
  /** Event ids. */
  pinned: readonly string[]
  target: JumpTarget | undefined
  /** Above the oldest message. */
  top: ReactNode
  /** Where a few messages stand that do not fill the place. */
  fewAt?: 'top' | 'bottom'
  onLoadOlder: () => Promise<void>
  onLoadNewer: () => Promise<void>
  /** Leaves the past; the newest messages come as another `timeline`. */
  onLatest: () => void
  onAtBottom: (atBottom: boolean) => void
  onDay?: ((ts: number) => void) | undefined
  /** The first unread message is further up than what is loaded, or not in view. */
  unread?: { readonly loaded: boolean; readonly onJump: () => void; readonly onRead: () => void } | undefined
}

/** The messages of a room or a thread; only those in view are in the page. */
export function MessageList(props: MessageListProps) {
  const { timeline, target, onAtBottom } = props
  const now = useNow(60_000)
  const scroll = useMessageScroll(props.rows, timeline.live)
  const { scroller, list, rows, atBottom, leftAt } = scroll
  const flash = useFlash(target, rows, scroll.jumpTo)
  const focus = useRovingFocus(rows, scroll)
  const sound = usePlayingRow(rows)
  const [topRef, startMargin] = useHeight()
  const failedAt = useRef(0)
  const [unreadAbove, setUnreadAbove] = useState(false)

  useEffect(() => {
    onAtBottom(atBottom)
  }, [onAtBottom, atBottom])

  function ask(load: () => Promise<void>): void {
    if (Date.now() - failedAt.current < RETRY_MS) return
    load().catch(() => {
      // The banner says when the node is away; scrolling on asks again.
      failedAt.current = Date.now()
    })
  }

  function loadAhead(): void {
    const element = scroller.current
    if (element === null) return
    const below = element.scrollHeight - element.scrollTop - element.clientHeight
    if (element.scrollTop < LOAD_AHEAD_PX && timeline.canLoadOlder && !timeline.loadingOlder)
      ask(props.onLoadOlder)
    if (below < LOAD_AHEAD_PX && timeline.canLoadNewer && !timeline.loadingNewer) ask(props.onLoadNewer)
  }

  function lookForUnread(): void {
    const handle = list.current
    if (handle === null || props.unread === undefined) return setUnreadAbove(false)
    const first = rows.findIndex((row) => row.startsUnread)
    const top = handle.findItemIndex(handle.scrollOffset)
    setUnreadAbove(!props.unread.loaded || (first !== -1 && first < top))
  }

  // Also without scrolling: the first page may not fill the window.
  useEffect(() => {
    loadAhead()
    lookForUnread()
  })

  const missed =
    leftAt === undefined
      ? 0
      : rows.slice(rows.findIndex((row) => row.key === leftAt) + 1).filter((row) => row.kind === 'message')
          .length

  return (
    <div className={css.frame}>
      {/* Arrow keys move the focus from message to message. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        className={css.scroller}
        role="log"
        aria-label={props.label}
        aria-live="off"
        // A scrollable region must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={focus.onKeyDown}
        onFocus={focus.onFocus}
        onPlayCapture={sound.onPlayCapture}
        onEndedCapture={sound.onEndedCapture}
      >
        <div ref={topRef} className={css.spacer} data-few={props.fewAt ?? 'bottom'}>
          {props.top}
        </div>
        <Virtualizer
          key={scroll.generation}
          ref={list}
          data={rows}
          shift={scroll.shift}
          startMargin={startMargin}
          bufferSize={600}
          keepMounted={keptOf(focus.keepMounted, sound.keepMounted)}
          onScroll={() => {
            scroll.onScroll()
            loadAhead()
            lookForUnread()
          }}
          onResize={scroll.onResize}
        >
          {(row) => (
            <div key={row.key} role="none">
              {row.startsDay && (
                <DaySeparator
                  label={formatDay(row.ts, now)}
                  onClick={props.onDay === undefined ? undefined : () => props.onDay?.(row.ts)}
                />
              )}
              {row.startsUnread && <UnreadLine />}
              {row.kind === 'notice' ? (
                <Notice
                  text={row.text}
                  time={formatMoment(row.ts)}
                  aside={row.readers.length > 0 && <Readers people={row.readers} />}
                />
              ) : (
                <MessageRow
                  row={row}
                  rights={props.rights}
                  pinned={row.eventId !== undefined && props.pinned.includes(row.eventId)}
                  tabbable={row.key === focus.tabbable}
                  flash={row.key === flash}
                />
              )}
            </div>
          )}
        </Virtualizer>
      </div>
      <Announcement rows={rows} />
      {(timeline.loadingOlder || timeline.loadingNewer) && (
        <output className={css.loading} data-end={!timeline.loadingOlder || undefined}>
          <Spinner /> Loading {timeline.loadingOlder ? 'earlier' : 'later'} messages
        </output>
      )}
      {unreadAbove && props.unread !== undefined && !timeline.loadingOlder && (
        <div className={css.unread}>
          <Button size="sm" onClick={props.unread.onJump}>
            <ArrowUp aria-hidden="true" /> Jump to first unread
          </Button>
          <IconButton size="sm" label="Mark as read" icon={<X />} onClick={props.unread.onRead} />
        </div>
      )}
      {!atBottom && (
        <div className={css.jump}>
          <Button
            size="sm"
            onClick={() => {
              scroll.jumpToLatest()
              if (!timeline.live) props.onLatest()
            }}
          >
            <ArrowDown aria-hidden="true" />
            {missed === 0 || !timeline.live ? 'Jump to latest' : `${missed} new · Jump to latest`}
          </Button>
        </div>
      )}
    </div>
  )
}

/** In order, each once, as the virtualiser wants them. */
const keptOf = (a: readonly number[], b: readonly number[]): readonly number[] =>
  b.length === 0 ? a : [...new Set([...a, ...b])].toSorted((x, y) => x - y)

/** The list itself must not be announced: scrolling would read history aloud. */
function Announcement({ rows }: { rows: readonly TimelineRow[] }) {
  const newest = rows.at(-1)
  const [atOpen] = useState(newest?.key)
  return (
    <output className="visually-hidden">
      {newest?.kind === 'message' && !newest.own && newest.key !== atOpen
        ? `${newest.sender.name}: ${newest.body}`
        : ''}
    </output>
  )
}

/** What stands before the rows moves them: the virtualiser must know by how much. */
function useHeight() {
  const ref = useRef<HTMLDivElement>(null)
  const [height, setHeight] = useState(0)
  useEffect(() => {
    const element = ref.current
    if (element === null) return
    const observer = new ResizeObserver(() => setHeight(element.offsetHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, height] as const
}
