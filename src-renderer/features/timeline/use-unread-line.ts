import { useCallback, useEffect, useRef, useState } from 'react'
import type { TimelineSnapshot } from '../../client/types.ts'

/**
 * Above which event the line of what is new stands: where it was when the room was opened, although the room
 * is read now, and anew each time the person looks away or marks the room unread from somewhere. What arrives
 * under their eyes is not new.
 */
export function useUnreadLine(timeline: TimelineSnapshot, unreadAtOpen: number, markedUnread: boolean) {
  const newest = timeline.events.at(-1)?.id
  const latest = useRef(newest)
  const live = useRef(timeline.live)
  useEffect(() => {
    live.current = timeline.live
    if (timeline.live) latest.current = newest
  }, [newest, timeline.live])
  const [unreadFrom, setUnreadFrom] = useState(() => {
    const { fullyRead } = timeline
    if (fullyRead === undefined || fullyRead === newest) return undefined
    // Where the marker is further back than what is loaded, only the count says whether anything is new.
    const loaded = timeline.events.some((event) => event.id === fullyRead)
    return loaded || unreadAtOpen > 0 ? fullyRead : undefined
  })
  useEffect(() => {
    const lookAway = (): void => {
      if (live.current) setUnreadFrom(latest.current)
    }
    window.addEventListener('blur', lookAway)
    return () => window.removeEventListener('blur', lookAway)
  }, [])
  const { fullyRead } = timeline
  const marked = useRef(markedUnread)
  useEffect(() => {
    if (marked.current === markedUnread) return
    marked.current = markedUnread
    // A mark by hand comes from outside, from the menu or another device.
    // oxlint-disable-next-line react/set-state-in-effect
    if (markedUnread) setUnreadFrom(fullyRead)
  }, [markedUnread, fullyRead])
  const clear = useCallback(() => setUnreadFrom(undefined), [])
  return { unreadFrom, clear }
}
