import { MicOff } from 'lucide-react'
import type { FileInfo } from '../model/files.ts'
import { formatDuration } from '../model/measures.ts'
import { MediaTrouble } from './media-trouble.tsx'
import { PlayButton, SpeedButton } from './play-button.tsx'
import { SeekBar } from './seek-bar.tsx'
import { useAudio } from './use-audio.ts'
import { useMediaUrl, useSteadyUrl } from './use-media.ts'
import css from './voice-player.module.css'
import { Waveform } from './waveform.tsx'

const BARS = 48

/** A voice message: its loudness over time is the place to seek in. */
export function VoicePlayer({ file, sender }: { file: FileInfo; sender: string | undefined }) {
  const url = useSteadyUrl(useMediaUrl(file.mxc))
  const what = sender === undefined ? 'voice message' : `voice message from ${sender}`
  return <VoiceBubble url={url} what={what} durationMs={file.durationMs} waveform={file.waveform} />
}

interface VoiceBubbleProps {
  url: string | undefined
  what: string
  durationMs: number | undefined
  /** 0 to 1024. */
  waveform: readonly number[]
}

export function VoiceBubble({ url, what, durationMs, waveform }: VoiceBubbleProps) {
  const audio = useAudio(url, durationMs)
  const share = audio.duration > 0 ? Math.min(1, audio.time / audio.duration) : 0
  const begun = audio.time > 0
  return (
    <figure className={css.voice} aria-label={what}>
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
      <audio {...audio.element} />
      {audio.state === 'failed' ? (
        <MediaTrouble icon={<MicOff />} onRetry={audio.retry}>
          This voice message could not be played. The computer that has it may be off.
        </MediaTrouble>
      ) : (
        <>
          <PlayButton
            playing={audio.state === 'playing'}
            what={what}
            disabled={url === undefined}
            onClick={audio.toggle}
          />
          <SeekBar label="Position" time={audio.time} duration={audio.duration} onSeek={audio.seek}>
            <Waveform values={waveform} bars={BARS} share={share} />
          </SeekBar>
          <span className={css.time}>{formatDuration(begun ? audio.time : audio.duration)}</span>
          <SpeedButton speed={audio.speed} onClick={audio.nextSpeed} />
        </>
      )}
    </figure>
  )
}
