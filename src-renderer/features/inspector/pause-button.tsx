import { Pause, Play } from 'lucide-react'
import { Button } from '../../ui/button.tsx'

interface PauseButtonProps {
  paused: boolean
  onPause: (paused: boolean) => void
}

/** Of what moves while one reads it. */
export function PauseButton({ paused, onPause }: PauseButtonProps) {
  return (
    <Button size="sm" aria-pressed={paused} onClick={() => onPause(!paused)}>
      {paused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
      {paused ? 'Go on' : 'Pause'}
    </Button>
  )
}
