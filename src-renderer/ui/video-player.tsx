import { Download, Play, VideoOff } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { FileInfo } from '../model/files.ts'
import { fitInto, formatBytes, formatDuration, type Size } from '../model/measures.ts'
import { Blurhash } from './blurhash.tsx'
import { IconButton } from './icon-button.tsx'
import { MediaTrouble } from './media-trouble.tsx'
import { playAlone } from './use-audio.ts'
import { useMediaAddress, useMediaUrl } from './use-media.ts'
import { useSave } from './use-save.ts'
import css from './video-player.module.css'

const LARGEST: Size = { width: 480, height: 340 }
const UNSAID: Size = { width: 480, height: 270 }
const SMALLEST_WIDTH = 200

/** A video: its poster until it is asked for, then the browser's own player, which seeks by Range. */
export function VideoPlayer({ file }: { file: FileInfo }) {
  const [state, setState] = useState<'poster' | 'player' | 'failed'>('poster')
  const { url, attempt, again } = useMediaUrl(file.mxc)
  const { save } = useSave(file)
  const said = file.width !== undefined && file.height !== undefined
  const place = fitInto(said ? { width: file.width ?? 1, height: file.height ?? 1 } : UNSAID, LARGEST)
  const style = {
    width: Math.max(place.width, SMALLEST_WIDTH),
    aspectRatio: `${Math.max(place.width, SMALLEST_WIDTH)} / ${place.height}`,
  }
  if (state === 'failed') {
    return (
      <div className={css.place} style={{ ...style, aspectRatio: 'auto', minHeight: 120 }}>
        <MediaTrouble
          icon={<VideoOff />}
          name={file.name}
          onRetry={() => {
            again()
            setState('player')
          }}
        >
          This video could not be played. It may be of a kind that is not known here, or the computer that has
          it is off. You can save it all the same.
        </MediaTrouble>
        <IconButton className={css.save ?? ''} label="Save" icon={<Download />} onClick={save} />
      </div>
    )
  }
  if (state === 'player' && url !== undefined) {
    return (
      <div className={css.place} style={style}>
        <VideoElement key={attempt} url={url} name={file.name} onFailed={() => setState('failed')} />
      </div>
    )
  }
  return (
    <button
      type="button"
      className={css.place}
      style={style}
      aria-label={`Play video ${file.name}`}
      disabled={url === undefined}
      onClick={() => setState('player')}
    >
      <Poster file={file} url={url} />
      <span className={css.play} aria-hidden="true">
        <Play />
      </span>
      <span className={css.facts} aria-hidden="true">
        {[
          file.durationMs !== undefined && formatDuration(file.durationMs / 1_000),
          file.size !== undefined && formatBytes(file.size),
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </button>
  )
}

/** The sender's own still picture, else the first moment of the video itself. */
function Poster({ file, url }: { file: FileInfo; url: string | undefined }) {
  const [shown, setShown] = useState(false)
  const poster = useMediaAddress(file.thumbnailMxc, (client, mxc) =>
    client.thumbnailUrl(mxc, LARGEST.width, LARGEST.height, 'scale'),
  )
  return (
    <>
      {!shown && file.blurhash !== undefined && <Blurhash hash={file.blurhash} className={css.fill} />}
      {file.thumbnailMxc === undefined
        ? url !== undefined && (
            <video
              className={css.fill}
              src={`${url}#t=0.1`}
              preload="metadata"
              muted
              tabIndex={-1}
              onLoadedData={() => setShown(true)}
            />
          )
        : poster.url !== undefined && (
            <img className={css.fill} src={poster.url} alt="" onLoad={() => setShown(true)} />
          )}
    </>
  )
}

interface VideoElementProps {
  url: string
  name: string
  className?: string | undefined
  onFailed: () => void
}

export function VideoElement({ url, name, className = css.player, onFailed }: VideoElementProps) {
  const video = useRef<HTMLVideoElement>(null)
  // A renewed key must not begin a film anew that is being watched.
  const [first] = useState(url)
  useEffect(() => {
    const element = video.current
    element?.focus()
    return () => element?.pause()
  }, [])
  return (
    // Videos of people's messages come without captions.
    // oxlint-disable-next-line jsx-a11y/media-has-caption
    <video
      ref={video}
      className={className}
      src={first}
      controls
      autoPlay
      playsInline
      aria-label={name}
      onPlay={({ currentTarget }) => playAlone(currentTarget)}
      onError={onFailed}
    />
  )
}
