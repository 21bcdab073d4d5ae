import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { VirtualizerHandle } from 'virtua'
import type { TimelineRow } from '../model/timeline.ts'

/** So close to the end counts as at the end. */
const AT_BOTTOM_PX = 60

/**
 * Keeps the newest message in view while the person is at the end of a live timeline, and leaves the position
 * alone when they have scrolled up. `shift` tells the virtualiser that rows were put in front, so that nothing
 * jumps; `generation` changes when the rows are of another place altogether.
 */
export function useMessageScroll(rows: readonly TimelineRow[], live: boolean) {
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const sticking = useRef(true)
  const newest = useRef<TimelineRow>(undefined)
  /** The newest row when the person left the end; undefined while they are there. */
  const [leftAt, setLeftAt] = useState<string>()
  const [seen, setSeen] = useState({ rows, shift: false, generation: 0 })
  if (seen.rows !== rows) {
    const change = compare(seen.rows, rows)
    setSeen({
      rows,
      shift: change === 'prepended',
      generation: seen.generation + (change === 'replaced' ? 1 : 0),
    })
  }

  const toBottom = useCallback(() => {
    const element = scroller.current
    if (element !== null) element.scrollTop = element.scrollHeight
  }, [])

  useLayoutEffect(() => {
    const last = rows.at(-1)
    if (live && last?.key !== newest.current?.key && isOwnWaiting(last)) {
      sticking.current = true
      setLeftAt(undefined)
    }
    newest.current = last
    if (sticking.current && live) toBottom()
  }, [rows, live, toBottom])

  const onScroll = useCallback(() => {
    const element = scroller.current
    // Until the newest messages are there, where one is says nothing.
    if (element === null || (sticking.current && !live)) return
    sticking.current = live && element.scrollHeight - element.scrollTop - element.clientHeight < AT_BOTTOM_PX
    setLeftAt((before) => (sticking.current ? undefined : (before ?? newest.current?.key)))
  }, [live])

  /** Rows were measured, or the window changed its size. */
  const onResize = useCallback(() => {
    if (sticking.current && live) toBottom()
  }, [live, toBottom])

  /** To the newest message; where it is not here yet, as soon as it is. */
  const jumpToLatest = useCallback(() => {
    sticking.current = true
    setLeftAt(undefined)
    toBottom()
  }, [toBottom])

  const scrollTo = useCallback((index: number, align: 'center' | 'nearest') => {
    if (align === 'center') {
      sticking.current = false
      setLeftAt((before) => before ?? newest.current?.key)
    }
    list.current?.scrollToIndex(index, { align })
  }, [])

  return {
    scroller,
    list: list as RefObject<VirtualizerHandle | null>,
    atBottom: live && leftAt === undefined,
    leftAt,
    shift: seen.shift,
    generation: seen.generation,
    onScroll,
    onResize,
    jumpToLatest,
    scrollTo,
  }
}

function isOwnWaiting(row: TimelineRow | undefined): boolean {
  return row?.kind === 'message' && row.own && row.state === 'waiting'
}

/** What became of a list of rows, by whether its first is still there. */
function compare(
  before: readonly TimelineRow[],
  now: readonly TimelineRow[],
): 'appended' | 'prepended' | 'replaced' {
  const first = before[0]
  const last = before.at(-1)
  if (first === undefined || last === undefined || now[0]?.key === first.key) return 'appended'
  const keys = new Set(now.map((row) => row.key))
  if (keys.has(last.key)) return 'prepended'
  return keys.has(first.key) || before.some((row) => keys.has(row.key)) ? 'appended' : 'replaced'
}
