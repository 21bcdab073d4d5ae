import { useState, type SyntheticEvent } from 'react'
import type { TimelineRow } from '../model/timeline.ts'

/** A sound goes on while its row is scrolled out of view: that row stays in the page until the sound has ended. */
export function usePlayingRow(rows: readonly TimelineRow[]) {
  const [playing, setPlaying] = useState<string>()
  const index = playing === undefined ? -1 : rows.findIndex((row) => row.key === playing)
  return {
    keepMounted: index === -1 ? NONE : [index],
    // Media events do not bubble.
    onPlayCapture: ({ target }: SyntheticEvent): void => {
      const key = target instanceof HTMLAudioElement ? keyOf(target) : undefined
      if (key !== undefined) setPlaying(key)
    },
    onEndedCapture: ({ target }: SyntheticEvent): void => {
      if (target instanceof HTMLAudioElement && keyOf(target) === playing) setPlaying(undefined)
    },
  }
}

const keyOf = (element: HTMLElement): string | undefined =>
  element.closest<HTMLElement>('article')?.dataset['key']

const NONE: readonly number[] = []
