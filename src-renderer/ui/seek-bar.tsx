import type { ReactNode } from 'react'
import { spokenDuration } from '../model/measures.ts'
import css from './seek-bar.module.css'

interface SeekBarProps {
  label: string
  /** Seconds. */
  time: number
  duration: number
  onSeek: (seconds: number) => void
  /** What is drawn; a plain line where there is none. */
  children?: ReactNode
}

/** Where one is in a sound; the arrow keys move by five seconds. The native control lies over what is drawn. */
export function SeekBar({ label, time, duration, onSeek, children }: SeekBarProps) {
  const share = duration > 0 ? Math.min(1, time / duration) : 0
  return (
    <span className={css.bar} style={{ '--share': share } as object}>
      {children ?? (
        <span className={css.track}>
          <span className={css.fill} />
          <span className={css.knob} />
        </span>
      )}
      <input
        className="covering-input"
        type="range"
        aria-label={label}
        aria-valuetext={`${spokenDuration(time)} of ${spokenDuration(duration)}`}
        min={0}
        max={Math.max(duration, 0.1)}
        step="any"
        value={Math.min(time, duration)}
        onChange={(event) => onSeek(Number(event.target.value))}
        onKeyDown={(event) => {
          const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key]
          if (step === undefined) return
          event.preventDefault()
          onSeek(Math.min(duration, Math.max(0, time + step)))
        }}
      />
    </span>
  )
}
