import { Download, VolumeX } from 'lucide-react'
import type { FileInfo } from '../model/files.ts'
import { formatBytes, formatDuration } from '../model/measures.ts'
import css from './audio-player.module.css'
import { FileName } from './file-card.tsx'
import { IconButton } from './icon-button.tsx'
import { MediaTrouble } from './media-trouble.tsx'
import { PlayButton, SpeedButton } from './play-button.tsx'
import { SeekBar } from './seek-bar.tsx'
import { useAudio } from './use-audio.ts'
import { useMediaUrl, useSteadyUrl } from './use-media.ts'
import { useSave } from './use-save.ts'

/** Music and other sounds. */
export function AudioPlayer({ file }: { file: FileInfo }) {
  const url = useSteadyUrl(useMediaUrl(file.mxc))
  const audio = useAudio(url, file.durationMs)
  const { save } = useSave(file)
  return (
    <figure className={css.player} aria-label={`Audio ${file.name}`}>
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
      <audio {...audio.element} />
      <PlayButton
        playing={audio.state === 'playing'}
        what={file.name}
        disabled={url === undefined}
        onClick={audio.toggle}
      />
      <div className={css.main}>
        <div className={css.line}>
          <FileName name={file.name} />
          {file.size !== undefined && <span className={css.quiet}>{formatBytes(file.size)}</span>}
          <IconButton size="sm" label="Save" icon={<Download />} onClick={save} />
        </div>
        {audio.state === 'failed' ? (
          <MediaTrouble icon={<VolumeX />} onRetry={audio.retry}>
            This sound could not be played. It may be of a kind that is not known here, or the computer that
            has it is off.
          </MediaTrouble>
        ) : (
          <div className={css.line}>
            <SeekBar label="Position" time={audio.time} duration={audio.duration} onSeek={audio.seek} />
            <span className={css.time}>
              {formatDuration(audio.time)}
              {audio.duration > 0 && ` / ${formatDuration(audio.duration)}`}
            </span>
            <SpeedButton speed={audio.speed} onClick={audio.nextSpeed} />
          </div>
        )}
      </div>
    </figure>
  )
}
