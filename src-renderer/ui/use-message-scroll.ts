import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { VirtualizerHandle } from 'virtua'
import type { TimelineRow } from '../model/timeline.ts'

/** So close to the end counts as at the end. */
const AT_BOTTOM_PX = 60
const JUST_NOW_MS = 10_000
/** Signs of a person who goes elsewhere. */
const LETS_GO = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

/**
 * Keeps the newest message in view while the person is at the end of a live timeline, and leaves the position
 * alone when they have scrolled up. `shift` tells the virtualiser that rows were put in front, so that nothing
 * jumps; `generation` changes when the rows are of another place altogether.
 */
export function useMessageScroll(source: readonly TimelineRow[], live: boolean) {
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const sticking = useRef(true)
  const lastTop = useRef(0)
  const newest = useRef<TimelineRow>(undefined)
  const newestRows = useRef(source)
  /** Key of the row that was jumped to. */
  const held = useRef<string>(undefined)
  /** The newest row when the person left the end; undefined while they are there. */
  const [leftAt, setLeftAt] = useState<string>()
  const [seen, setSeen] = useState({ source, rows: source, shift: false, generation: 0 })
  if (seen.source !== source) {
    const { change, until } = compare(seen.rows, source)
    setSeen({
      source,
      rows: until === undefined ? source : source.slice(0, until),
      shift: change === 'prepended',
      generation: seen.generation + (change === 'replaced' ? 1 : 0),
    })
  }
  const { rows } = seen

  // The virtualiser can take rows at one end only: what came at the other follows at once.
  useLayoutEffect(() => {
    if (seen.rows.length === seen.source.length) return
    // oxlint-disable-next-line react/set-state-in-effect
    setSeen((before) => ({ ...before, rows: before.source, shift: false }))
  }, [seen])

  const toBottom = useCallback(() => {
    const element = scroller.current
    if (element !== null) element.scrollTop = element.scrollHeight
  }, [])
  // The virtualiser tells of a new size before the page has it: what counts is when the page does.
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(() => {
      if (sticking.current && live) toBottom()
      // At the very top the page has nowhere to go where the virtualiser corrects it to, and says nothing: it would
      // go on drawing what it thinks is in view.
      else if (element.scrollTop === 0) element.dispatchEvent(new Event('scroll'))
    })
    for (const each of [element, ...element.children]) observer.observe(each)
    return () => observer.disconnect()
  }, [seen.generation, live, toBottom])

  useLayoutEffect(() => {
    const last = rows.at(-1)
    if (live && last?.key !== newest.current?.key && isJustWritten(last)) {
      // Whoever writes is done with what they jumped to.
      held.current = undefined
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
    const isAtBottom = element.scrollHeight - element.scrollTop - element.clientHeight < AT_BOTTOM_PX
    const wentUp = element.scrollTop < lastTop.current
    lastTop.current = element.scrollTop
    // A message that is taller than was thought moves the end away; only going up is leaving it.
    if (sticking.current && !isAtBottom && !wentUp) return toBottom()
    sticking.current = live && isAtBottom
    setLeftAt((before) => (sticking.current ? undefined : (before ?? newest.current?.key)))
  }, [live, toBottom])

  /** Rows were measured, or the window changed its size. */
  const onResize = useCallback(() => {
    if (sticking.current && live) toBottom()
  }, [live, toBottom])

  /** To the newest message; where it is not here yet, as soon as it is. */
  const jumpToLatest = useCallback(() => {
    held.current = undefined
    sticking.current = true
    setLeftAt(undefined)
    // Also ends a scroll of the virtualiser's that is still on its way elsewhere.
    list.current?.scrollToIndex(newestRows.current.length - 1, { align: 'end' })
    toBottom()
  }, [toBottom])

  const scrollTo = useCallback((index: number, align: 'center' | 'nearest') => {
    if (align === 'center') {
      sticking.current = false
      setLeftAt((before) => before ?? newest.current?.key)
    }
    list.current?.scrollToIndex(index, { align })
  }, [])

  /** Shows this row, and keeps it there while what is around it loads, until the person scrolls. */
  const jumpTo = useCallback(
    (index: number) => {
      held.current = newestRows.current[index]?.key
      scrollTo(index, 'center')
      // Where everything fits, nothing is scrolled, and one is at the end as before.
      requestAnimationFrame(onScroll)
    },
    [scrollTo, onScroll],
  )
  useLayoutEffect(() => {
    newestRows.current = rows
    // One who is at the end all the same sees what comes.
    if (held.current === undefined || sticking.current) return
    const index = rows.findIndex((row) => row.key === held.current)
    if (index !== -1) scrollTo(index, 'center')
  }, [rows, scrollTo])
  useEffect(() => {
    const element = scroller.current
    const letGo = (): void => {
      held.current = undefined
    }
    for (const type of LETS_GO) element?.addEventListener(type, letGo, { passive: true })
    return () => {
      for (const type of LETS_GO) element?.removeEventListener(type, letGo)
    }
  }, [])

  return {
    scroller,
    list: list as RefObject<VirtualizerHandle | null>,
    rows,
    jumpTo,
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

/** Here, by the person: it may have been sent before it is drawn. */
function isJustWritten(row: TimelineRow | undefined): boolean {
  if (row?.kind !== 'message' || !row.own) return false
  // Only what this app sent has a key of its own.
  return row.state === 'waiting' || (row.key !== row.eventId && Date.now() - row.ts < JUST_NOW_MS)
}

/** What became of a list of rows; `until` is where rows begin that came at the other end as well. */
function compare(
  before: readonly TimelineRow[],
  now: readonly TimelineRow[],
): { change: 'appended' | 'prepended' | 'replaced'; until?: number } {
  const first = before[0]
  const last = before.at(-1)
  if (first === undefined || last === undefined || now[0]?.key === first.key) return { change: 'appended' }
  const end = now.findLastIndex((row) => row.key === last.key)
  if (end !== -1) {
    return end === now.length - 1 ? { change: 'prepended' } : { change: 'prepended', until: end + 1 }
  }
  const keys = new Set(now.map((row) => row.key))
  return { change: before.some((row) => keys.has(row.key)) ? 'appended' : 'replaced' }
}
