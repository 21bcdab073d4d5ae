import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { VirtualizerHandle } from 'virtua'
import type { TimelineRow } from '../../model/timeline.ts'

/** So close to the end counts as at the end. */
const AT_BOTTOM_PX = 60

/**
 * Keeps the newest message in view while the person is at the end, and leaves the position alone when they
 * have scrolled up. `shift` tells the virtualiser that rows were put in front, so that nothing jumps.
 */
export function useStickToBottom(list: RefObject<VirtualizerHandle | null>, rows: readonly TimelineRow[]) {
  const [atBottom, setAtBottom] = useState(true)
  const sticking = useRef(true)
  const previous = useRef<readonly TimelineRow[]>([])
  const shift = wasPrepended(previous.current, rows)

  const toBottom = useCallback(() => {
    const handle = list.current
    if (handle !== null) handle.scrollToIndex(Number.MAX_SAFE_INTEGER, { align: 'end' })
  }, [list])

  useLayoutEffect(() => {
    const before = previous.current
    previous.current = rows
    const ownIsNew = rows.at(-1)?.key !== before.at(-1)?.key && isOwnWaiting(rows.at(-1))
    if (ownIsNew) sticking.current = true
    if (sticking.current) toBottom()
  }, [rows, toBottom])

  const onScroll = useCallback(() => {
    const handle = list.current
    if (handle === null) return
    const rest = handle.scrollSize - handle.scrollOffset - handle.viewportSize
    sticking.current = rest < AT_BOTTOM_PX
    setAtBottom(sticking.current)
  }, [list])

  /** Rows were measured, or the window changed its size. */
  const onResize = useCallback(() => {
    if (sticking.current) toBottom()
  }, [toBottom])

  const jump = useCallback(() => {
    sticking.current = true
    setAtBottom(true)
    toBottom()
  }, [toBottom])

  return { atBottom, shift, onScroll, onResize, jump }
}

function isOwnWaiting(row: TimelineRow | undefined): boolean {
  return row?.kind === 'message' && row.own && row.state === 'waiting'
}

function wasPrepended(before: readonly TimelineRow[], now: readonly TimelineRow[]): boolean {
  const first = before[0]
  return first !== undefined && now[0]?.key !== first.key && now.length > before.length && now.at(-1)?.key === before.at(-1)?.key
}
