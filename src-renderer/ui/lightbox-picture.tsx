import { ImageOff } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { FileInfo } from '../model/files.ts'
import css from './lightbox.module.css'
import { MediaTrouble } from './media-trouble.tsx'
import { Spinner } from './spinner.tsx'
import { useMediaAddress } from './use-media.ts'
import { usePictureCheck } from './use-picture-check.ts'
import { useZoom } from './use-zoom.ts'

interface LightboxPictureProps {
  file: FileInfo
  /** Words for who cannot see it. */
  alt: string
  onSwipe: (direction: number) => void
}

const STEP = 1.5

/** One picture on the stage: its thumbnail until the original is there. */
export function LightboxPicture({ file, alt, onSwipe }: LightboxPictureProps) {
  const stage = useRef<HTMLDivElement>(null)
  const zoom = useZoom(stage, onSwipe)
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading')
  const [previewFailed, setPreviewFailed] = useState(false)
  const [tries, setTries] = useState(0)
  const checked = usePictureCheck(file.mxc, tries)
  const preview = useMediaAddress(file.mxc, (client, mxc) => client.thumbnailUrl(mxc, 420, 320, 'scale'))
  const original = useMediaAddress(file.mxc, (client, mxc) =>
    checked === 'picture' ? client.mediaUrl(mxc) : undefined,
  )
  const { zoomBy, reset } = zoom

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '+' || event.key === '=') zoomBy(STEP)
      else if (event.key === '-') zoomBy(1 / STEP)
      else if (event.key === '0') reset()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [zoomBy, reset])

  const noOriginal = checked === 'no picture' || checked === 'failed'
  if (state === 'failed' || (noOriginal && previewFailed)) {
    return (
      <div className={css.trouble}>
        <MediaTrouble
          icon={<ImageOff />}
          name={file.name}
          onRetry={() => {
            setState('loading')
            setPreviewFailed(false)
            setTries(tries + 1)
            original.again()
            preview.again()
          }}
        >
          This picture could not be loaded. The computer that has it may be off.
        </MediaTrouble>
      </div>
    )
  }
  const { scale, x, y } = zoom.view
  return (
    <div
      ref={stage}
      className={css.picture}
      data-zoomed={scale > 1 || undefined}
      data-moving={zoom.moving || undefined}
      {...zoom.handlers}
    >
      <div className={css.zoomed} style={{ transform: `translate(${x}px, ${y}px) scale(${scale})` }}>
        {state === 'loading' && preview.url !== undefined && (
          <img
            key={`preview ${preview.attempt}`}
            className={css.preview}
            src={preview.url}
            alt={noOriginal ? alt : ''}
            draggable={false}
            onError={() => setPreviewFailed(true)}
          />
        )}
        {original.url !== undefined && (
          <img
            key={original.attempt}
            src={original.url}
            alt={alt}
            draggable={false}
            onLoad={() => setState('shown')}
            onError={() => setState('failed')}
          />
        )}
      </div>
      {state === 'loading' && !noOriginal && (
        <span className={css.loading}>
          <Spinner />
        </span>
      )}
    </div>
  )
}
