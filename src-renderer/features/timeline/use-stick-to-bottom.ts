import { useCallback, useLayoutEffect, useRef, useState } from 'react'
import type { TimelineRow } from '../../model/timeline.ts'

/** So close to the end counts as at the end. */
const AT_BOTTOM_PX = 60

/**
 * Keeps the newest message in view while the person is at the end, and leaves the position alone when they
 * have scrolled up. `shift` tells the virtualiser that rows were put in front, so that nothing jumps.
 */
export function useStickToBottom(rows: readonly TimelineRow[]) {
  const scroller = useRef<HTMLDivElement>(null)
  const sticking = useRef(true)
  const newest = useRef<TimelineRow>(undefined)
  /** The newest row when the person left the end; undefined while they are there. */
  const [leftAt, setLeftAt] = useState<string>()
  const [seen, setSeen] = useState({ rows, shift: false })
  if (seen.rows !== rows) setSeen({ rows, shift: wasPrepended(seen.rows, rows) })

  const toBottom = useCallback(() => {
    const element = scroller.current
    if (element !== null) element.scrollTop = element.scrollHeight
  }, [])

  useLayoutEffect(() => {
    const last = rows.at(-1)
    if (last?.key !== newest.current?.key && isOwnWaiting(last)) sticking.current = true
    newest.current = last
    if (sticking.current) toBottom()
  }, [rows, toBottom])

  const onScroll = useCallback(() => {
    const element = scroller.current
    if (element === null) return
    sticking.current = element.scrollHeight - element.scrollTop - element.clientHeight < AT_BOTTOM_PX
    setLeftAt((before) => (sticking.current ? undefined : (before ?? newest.current?.key)))
  }, [])

  /** Rows were measured, or the window changed its size. */
  const onResize = useCallback(() => {
    if (sticking.current) toBottom()
  }, [toBottom])

  const jump = useCallback(() => {
    sticking.current = true
    setLeftAt(undefined)
    toBottom()
  }, [toBottom])

  return { scroller, atBottom: leftAt === undefined, leftAt, shift: seen.shift, onScroll, onResize, jump }
}

function isOwnWaiting(row: TimelineRow | undefined): boolean {
  return row?.kind === 'message' && row.own && row.state === 'waiting'
}

function wasPrepended(before: readonly TimelineRow[], now: readonly TimelineRow[]): boolean {
  const first = before[0]
  if (first === undefined || now[0]?.key === first.key) return false
  return now.length > before.length && now.at(-1)?.key === before.at(-1)?.key
}
