import { ArrowUp, MicOff, Square, Trash2, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { formatDuration, spokenDuration } from '../model/measures.ts'
import { IconButton } from './icon-button.tsx'
import { SHOWN_LEVELS, useRecorder } from './use-recorder.ts'
import { VoiceBubble } from './voice-player.tsx'
import css from './voice-recorder.module.css'

export interface VoiceRecording {
  readonly file: File
  readonly durationMs: number
  /** Loudness over time, 0 to 1024, at most 100 values (MSC3246). */
  readonly waveform: readonly number[]
}

interface VoiceRecorderProps {
  onDone: (recording: VoiceRecording) => void
  onCancel: () => void
}

/** A tap by mistake makes no message. */
const SHORTEST_MS = 300

/** Records at once when it is mounted, and shows the waveform while it does. */
export function VoiceRecorder({ onDone, onCancel }: VoiceRecorderProps) {
  const { state, levels, elapsedMs, finish } = useRecorder()
  const [recorded, setRecorded] = useState<VoiceRecording>()
  const [problem, setProblem] = useState<string>()

  function end(use: (recording: VoiceRecording) => void): void {
    finish()
      .then((recording) => {
        if (recording === undefined || recording.durationMs < SHORTEST_MS) onCancel()
        else use(recording)
      })
      .catch((error: unknown) => {
        console.error('A recording could not be ended', error)
        setProblem('The recording could not be kept.')
      })
  }

  const failed = problem ?? (state.kind === 'failed' ? state.problem : undefined)
  if (failed !== undefined) return <Refused problem={failed} onCancel={onCancel} />
  return (
    // Escape throws the recording away from wherever in it the focus is.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className={css.recorder}
      aria-label="Voice message"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        event.stopPropagation()
        onCancel()
      }}
    >
      <IconButton label="Discard the recording" icon={<Trash2 />} onClick={onCancel} />
      {recorded === undefined ? (
        <>
          <span className={css.dot} data-live={state.kind === 'recording' || undefined} aria-hidden="true" />
          <span
            className={css.time}
            role="timer"
            aria-label={`Recording, ${spokenDuration(elapsedMs / 1_000)}`}
          >
            {formatDuration(Math.floor(elapsedMs / 1_000))}
          </span>
          <LiveWaveform levels={levels} waiting={state.kind === 'asking'} />
          <IconButton
            label="Stop, and listen before sending"
            icon={<Square />}
            disabled={state.kind !== 'recording'}
            onClick={() => end(setRecorded)}
          />
        </>
      ) : (
        <Review recording={recorded} />
      )}
      <button
        type="button"
        // The keyboard has gone along from the button that began the recording.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        className={css.send}
        aria-label="Send voice message"
        disabled={recorded === undefined && state.kind !== 'recording'}
        onClick={() => (recorded === undefined ? end(onDone) : onDone(recorded))}
      >
        <ArrowUp aria-hidden="true" />
      </button>
    </section>
  )
}

const BARS = SHOWN_LEVELS
const STEP = 4

/** The last seconds, the newest at the right. */
function LiveWaveform({ levels, waiting }: { levels: readonly number[]; waiting: boolean }) {
  if (waiting) return <span className={css.waiting}>Waiting for the microphone…</span>
  return (
    <svg
      className={css.live}
      viewBox={`0 0 ${BARS * STEP} 28`}
      preserveAspectRatio="xMaxYMid slice"
      aria-hidden="true"
    >
      {levels.map((level, index) => {
        const height = Math.max(3, level * 28)
        const x = (BARS - levels.length + index) * STEP
        // oxlint-disable-next-line react/no-array-index-key
        return <rect key={index} x={x} y={(28 - height) / 2} width={2.5} height={height} rx={1.25} />
      })}
    </svg>
  )
}

function Review({ recording }: { recording: VoiceRecording }) {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    const made = URL.createObjectURL(recording.file)
    // oxlint-disable-next-line react/set-state-in-effect
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [recording])
  return (
    <div className={css.review}>
      <VoiceBubble
        url={url}
        what="recording"
        durationMs={recording.durationMs}
        waveform={recording.waveform}
      />
    </div>
  )
}

function Refused({ problem, onCancel }: { problem: string; onCancel: () => void }) {
  return (
    <section className={css.recorder} aria-label="Voice message">
      <MicOff className={css.refused} aria-hidden="true" />
      <p className={css.problem} role="alert">
        {problem}
      </p>
      <IconButton label="Close" icon={<X />} onClick={onCancel} />
    </section>
  )
}
