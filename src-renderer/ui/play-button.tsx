import { Pause, Play } from 'lucide-react'
import css from './play-button.module.css'

interface PlayButtonProps {
  playing: boolean
  /** What is played, for the accessible name. */
  what: string
  disabled?: boolean
  onClick: () => void
}

export function PlayButton({ playing, what, disabled = false, onClick }: PlayButtonProps) {
  return (
    <button
      type="button"
      className={css.button}
      aria-label={`${playing ? 'Pause' : 'Play'} ${what}`}
      disabled={disabled}
      onClick={onClick}
    >
      {playing ? <Pause aria-hidden="true" /> : <Play aria-hidden="true" data-play="" />}
    </button>
  )
}

/** "1×", "1.5×": pressed, the next one. */
export function SpeedButton({ speed, onClick }: { speed: number; onClick: () => void }) {
  return (
    <button type="button" className={css.speed} aria-label={`Speed ${speed}, change`} onClick={onClick}>
      {speed}×
    </button>
  )
}
