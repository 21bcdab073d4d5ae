import { useRef, useState, type ComponentProps, type KeyboardEvent } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import type { TraceRecord } from '../../../client/trace.ts'
import { Button } from '../../../ui/button.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { clockTime } from '../clock-time.ts'
import { formatDuration } from '../trace-values.tsx'
import type { TraceFeed } from '../use-trace.ts'
import { useNames, type Names } from '../use-names.ts'
import css from './activity.module.css'
import { describeRecord } from './describe.ts'

const ROW_PX = 34
/** Older ones are asked for when fewer rows than these are left. */
const AHEAD = 40

interface ActivityListProps {
  feed: TraceFeed
  selected: number | undefined
  onOpen: (id: number) => void
}

/**
 * The newest first. Who has scrolled down keeps what they look at; what comes meanwhile is counted. Arrow keys
 * walk, Enter opens.
 */
export function ActivityList({ feed, selected, onOpen }: ActivityListProps) {
  const names = useNames()
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const [heldAt, setHeldAt] = useState<number>()
  const [focused, setFocused] = useState<number>()
  const newest = feed.records.at(-1)?.id
  const rows = (
    heldAt === undefined ? feed.records : feed.records.filter(({ id }) => id <= heldAt)
  ).toReversed()
  const fresh = feed.records.length - rows.length
  const tabbable = [focused, selected].find((id) => rows.some((row) => row.id === id)) ?? rows[0]?.id
  const kept = rows.findIndex(({ id }) => id === tabbable)

  function onScroll(): void {
    const handle = list.current
    if (handle === null) return
    if (handle.scrollOffset < ROW_PX) setHeldAt(undefined)
    else if (heldAt === undefined) setHeldAt(newest)
    const last = handle.findItemIndex(handle.scrollOffset + handle.viewportSize)
    if (last > rows.length - AHEAD && feed.hasOlder && !feed.loadingOlder) feed.loadOlder()
  }

  function focus(index: number): void {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (row === undefined) return
    setFocused(row.id)
    list.current?.scrollToIndex(rows.indexOf(row), { align: 'nearest' })
    // The row may have to be drawn first.
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-id="${row.id}"]`)?.focus({ preventScroll: true }),
    )
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    const id = Number((event.target as HTMLElement).dataset['id'])
    const index = rows.findIndex((row) => row.id === id)
    if (event.key === 'ArrowDown') focus(index + 1)
    else if (event.key === 'ArrowUp') focus(index - 1)
    else if (event.key === 'PageDown') focus(index + 15)
    else if (event.key === 'PageUp') focus(index - 15)
    else if (event.key === 'Home') focus(0)
    else if (event.key === 'End') focus(rows.length - 1)
    else if (event.key === 'Enter' && index >= 0) onOpen(id)
    else return
    event.preventDefault()
  }

  return (
    <div className={css.listBox}>
      {fresh > 0 && (
        <Button
          className={css.fresh}
          size="sm"
          variant="primary"
          onClick={() => {
            setHeldAt(undefined)
            list.current?.scrollToIndex(0)
          }}
        >
          {fresh.toLocaleString()} new
        </Button>
      )}
      <div
        ref={scroller}
        className={css.list}
        role="tree"
        tabIndex={-1}
        aria-label="Operations, the newest first"
        onKeyDown={onKeyDown}
      >
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          itemSize={ROW_PX}
          as={Rows}
          keepMounted={kept === -1 ? [] : [kept]}
          data={rows}
          onScroll={onScroll}
        >
          {(record) => (
            <Row
              key={record.id}
              record={record}
              names={names}
              gap={feed.gaps.has(record.id)}
              selected={record.id === selected}
              tabIndex={record.id === tabbable ? 0 : -1}
              onFocus={setFocused}
              onOpen={onOpen}
            />
          )}
        </Virtualizer>
        {feed.loadingOlder && <Waiting whole>Older ones…</Waiting>}
      </div>
    </div>
  )
}

/** As in the list of messages: clicks count just after scrolling, too. */
function Rows(props: ComponentProps<'div'>) {
  return <div {...props} role="presentation" className={css.rows} />
}

interface RowProps {
  record: TraceRecord
  names: Names
  /** Something before it is not kept any more. */
  gap: boolean
  selected: boolean
  tabIndex: number
  onFocus: (id: number) => void
  onOpen: (id: number) => void
}

function Row({ record, names, gap, selected, tabIndex, onFocus, onOpen }: RowProps) {
  const { title, outcome, tone, where } = describeRecord(record, names)
  return (
    // Keys are the list's.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      className={css.row}
      role="treeitem"
      aria-selected={selected}
      data-id={record.id}
      data-tone={tone}
      data-gap={gap || undefined}
      title={gap ? 'Between this and the one below, not everything was kept.' : record.label}
      tabIndex={tabIndex}
      onFocus={() => onFocus(record.id)}
      onClick={() => onOpen(record.id)}
    >
      <time className={css.time} dateTime={new Date(record.ts).toISOString()}>
        {clockTime(record.ts)}
      </time>
      <span className={css.words}>
        <span className={css.title}>{title}</span>
        {outcome !== undefined && <span className={css.outcome}>{outcome}</span>}
      </span>
      <span className={css.where}>{where}</span>
      <span className={css.ms}>{record.ms > 0 ? formatDuration(record.ms) : ''}</span>
    </div>
  )
}
