import { useEffect, useState, type FocusEvent, type KeyboardEvent } from 'react'
import type { TimelineRow } from '../model/timeline.ts'
import type { useMessageScroll } from './use-message-scroll.ts'

/**
 * Arrow keys move from message to message, and Tab leads to one of them only: the last that had the focus, at
 * first the newest. A message that has the focus stays in the page, wherever it is scrolled to.
 */
export function useRovingFocus(rows: readonly TimelineRow[], scroll: ReturnType<typeof useMessageScroll>) {
  const { scroller, scrollTo, list } = scroll
  const [current, setCurrent] = useState<string>()
  const [wanted, setWanted] = useState<{ key: string }>()
  const index = current === undefined ? -1 : rows.findIndex((row) => row.key === current)
  const tabbable = index === -1 ? rows.findLast((row) => row.kind === 'message')?.key : current

  useEffect(() => {
    if (wanted === undefined) return
    scroller.current
      ?.querySelector<HTMLElement>(`article[data-key="${CSS.escape(wanted.key)}"]`)
      ?.focus({ preventScroll: true })
  }, [wanted, scroller])

  function go(from: number, step: 1 | -1): void {
    for (let next = from + step; next >= 0 && next < rows.length; next += step) {
      const row = rows[next]
      if (row?.kind !== 'message') continue
      setCurrent(row.key)
      setWanted({ key: row.key })
      scrollTo(next, 'nearest')
      return
    }
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    const { target } = event
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !(target instanceof HTMLElement))
      return
    const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : undefined
    if (step === undefined) return
    if (target === scroller.current) {
      const handle = list.current
      if (handle === null) return
      const end = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 1)
      go(step === -1 ? end + 1 : handle.findItemIndex(handle.scrollOffset) - 1, step)
    } else if (target.tagName === 'ARTICLE') {
      go(
        rows.findIndex((row) => row.key === target.dataset['key']),
        step,
      )
    } else return
    event.preventDefault()
  }

  function onFocus(event: FocusEvent<HTMLElement>): void {
    const article = event.target.closest('article')
    const key = article?.dataset['key']
    if (key !== undefined) setCurrent(key)
  }

  return { tabbable, keepMounted: index === -1 ? NONE : [index], onKeyDown, onFocus }
}

const NONE: readonly number[] = []
