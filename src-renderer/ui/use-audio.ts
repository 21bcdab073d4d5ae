import { useEffect, useRef, useState, type ComponentProps } from 'react'

/** Only one sound at a time: who begins to play stops the one before. */
let playing: HTMLMediaElement | undefined

export function playAlone(element: HTMLMediaElement): void {
  if (playing !== element) playing?.pause()
  playing = element
}

export const SPEEDS = [1, 1.25, 1.5, 2] as const

export interface Audio {
  readonly state: 'still' | 'playing' | 'failed'
  /** Seconds. */
  readonly time: number
  /** Seconds; what the message says until the file itself is known. */
  readonly duration: number
  readonly speed: number
  readonly toggle: () => void
  readonly seek: (seconds: number) => void
  readonly nextSpeed: () => void
  readonly retry: () => void
  /** For the `<audio>` that is to be drawn, unseen. */
  readonly element: ComponentProps<'audio'>
}

/** One sound: an `<audio>` whose look is one's own. Nothing is fetched before it is played. */
export function useAudio(url: string | undefined, saidMs: number | undefined): Audio {
  const ref = useRef<HTMLAudioElement>(null)
  const [state, setState] = useState<Audio['state']>('still')
  const [time, setTime] = useState(0)
  const [measured, setMeasured] = useState<number>()
  const [speed, setSpeed] = useState<number>(1)
  const said = saidMs === undefined ? 0 : saidMs / 1_000
  const duration = measured ?? Math.max(said, time)

  // The clock of `timeupdate` ticks four times a second: too coarse for a position that moves.
  useEffect(() => {
    if (state !== 'playing') return
    let frame = requestAnimationFrame(function tick() {
      if (ref.current !== null) setTime(ref.current.currentTime)
      frame = requestAnimationFrame(tick)
    })
    return () => cancelAnimationFrame(frame)
  }, [state])
  useEffect(() => {
    const element = ref.current
    return () => element?.pause()
  }, [])

  function play(): void {
    const element = ref.current
    if (element === null) return
    playAlone(element)
    element.playbackRate = speed
    element.play().catch((error: unknown) => {
      // Paused again before it began.
      if (error instanceof DOMException && error.name === 'AbortError') return
      setState('failed')
    })
  }

  return {
    state,
    time,
    duration,
    speed,
    toggle() {
      if (state === 'playing') ref.current?.pause()
      else play()
    },
    seek(seconds) {
      const to = Math.min(Math.max(0, seconds), duration)
      if (ref.current !== null) ref.current.currentTime = to
      setTime(to)
    },
    nextSpeed() {
      const next = SPEEDS[(SPEEDS.findIndex((each) => each === speed) + 1) % SPEEDS.length] ?? 1
      setSpeed(next)
      if (ref.current !== null) ref.current.playbackRate = next
    },
    retry() {
      setState('still')
      ref.current?.load()
      play()
    },
    element: {
      ref,
      src: url,
      preload: 'none',
      onPlaying: () => setState('playing'),
      onPause: () => setState((now) => (now === 'failed' ? now : 'still')),
      onEnded: ({ currentTarget }) => {
        setState('still')
        // From the beginning again at the next press.
        currentTarget.currentTime = 0
        setTime(0)
      },
      onDurationChange: ({ currentTarget }) => {
        // A recording that was made as a stream has no length written in it.
        if (Number.isFinite(currentTarget.duration) && currentTarget.duration > 0)
          setMeasured(currentTarget.duration)
      },
      onError: () => setState('failed'),
    },
  }
}
