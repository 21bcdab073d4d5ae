import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { JumpTarget } from '../model/conversation.ts'
import type { TimelineRow } from '../model/timeline.ts'

const FLASH_MS = 2_000

/** Scrolls to what was jumped to as soon as it is among the rows, once; answers which row is marked for it. */
export function useFlash(
  target: JumpTarget | undefined,
  rows: readonly TimelineRow[],
  scrollTo: (index: number) => void,
): string | undefined {
  const done = useRef(0)
  const [flash, setFlash] = useState<{ key: string; number: number }>()
  const show = useEffectEvent((index: number) => scrollTo(index))

  useEffect(() => {
    if (target === undefined || done.current === target.number) return
    const index = rows.findIndex((row) => row.eventId === target.eventId)
    const row = rows[index]
    if (row === undefined) return
    done.current = target.number
    show(index)
    // Follows from what was just scrolled to, which only an effect can do.
    // oxlint-disable-next-line react/set-state-in-effect
    setFlash({ key: row.key, number: target.number })
  }, [target, rows])

  useEffect(() => {
    if (flash === undefined) return
    const timer = setTimeout(() => setFlash(undefined), FLASH_MS)
    return () => clearTimeout(timer)
  }, [flash])

  return flash?.key
}
