import { History, Pause, Play } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import { IconButton } from '../../../ui/icon-button.tsx'
import { shortTime } from './draw-words.ts'
import css from './graph.module.css'
import type { Arrivals, GraphModel } from './model.ts'

/** All that is loaded passes by in about this time, and never slower than a few events a second. */
const FILM_SECONDS = 20
const SLOWEST_PER_SECOND = 4

interface TimeTravelProps {
  model: GraphModel
  /** Known where `until` is. */
  arrivals: Arrivals | undefined
  until: number | undefined
  onUntil: (until: number | undefined) => void
}

/** The graph as it was when this node had received up to an event: by hand, or as a film. */
export function TimeTravel({ model, arrivals, until, onUntil }: TimeTravelProps) {
  const [playing, setPlaying] = useState(false)
  const last = model.events.length - 1
  const at = Math.min(until ?? last, last)
  const event = arrivals === undefined ? undefined : model.events[arrivals.byRank[at] ?? 0]
  const advance = useEffectEvent((by: number) => {
    const next = at + by
    if (next < last) return onUntil(next)
    onUntil(undefined)
    setPlaying(false)
  })

  useEffect(() => {
    if (!playing) return
    let frame = 0
    let before: number | undefined
    let due = 0
    const tick = (now: number): void => {
      due += ((now - (before ?? now)) / 1000) * Math.max(SLOWEST_PER_SECOND, last / FILM_SECONDS)
      before = now
      const whole = Math.floor(due)
      due -= whole
      if (whole > 0) advance(whole)
      frame = requestAnimationFrame(tick)
    }
    frame = requestAnimationFrame(tick)
    return () => cancelAnimationFrame(frame)
  }, [playing, last])

  const words =
    until === undefined || event === undefined
      ? 'Now'
      : `${shortTime(event.receivedTs)}, ${(at + 1).toLocaleString()} of ${(last + 1).toLocaleString()} events`
  return (
    <fieldset className={css.time} aria-label="Time travel">
      <IconButton
        size="sm"
        label={playing ? 'Pause' : 'Play'}
        icon={playing ? <Pause /> : <Play />}
        disabled={last < 1}
        onClick={() => {
          if (!playing && until === undefined) onUntil(0)
          setPlaying(!playing)
        }}
      />
      <input
        type="range"
        className={css.slider}
        aria-label="Moment"
        aria-valuetext={words}
        min={0}
        max={last}
        value={at}
        onChange={(change) => {
          setPlaying(false)
          const to = Number(change.target.value)
          onUntil(to >= last ? undefined : to)
        }}
      />
      <output className={css.moment}>{words}</output>
      {until !== undefined && (
        <IconButton
          size="sm"
          label="Back to now"
          icon={<History />}
          onClick={() => {
            setPlaying(false)
            onUntil(undefined)
          }}
        />
      )}
    </fieldset>
  )
}
