import { ImageOff } from 'lucide-react'
import { useState } from 'react'
import { useVerbs } from '../model/conversation.ts'
import { isAnimated, type FileInfo } from '../model/files.ts'
import { fitInto, type Size } from '../model/measures.ts'
import type { RoomEvent } from '../model/types.ts'
import css from './attachment-picture.module.css'
import { Blurhash } from './blurhash.tsx'
import { FileCard } from './file-card.tsx'
import { MediaTrouble } from './media-trouble.tsx'
import { useMediaAddress } from './use-media.ts'
import { usePictureCheck } from './use-picture-check.ts'

const LARGEST: Size = { width: 420, height: 320 }
const LARGEST_STICKER: Size = { width: 180, height: 180 }
/** What a picture without a said size is given. */
const UNSAID: Size = { width: 280, height: 200 }
/** Larger animations are fetched only when the lightbox opens them. */
const MOST_ANIMATED_BYTES = 8_000_000

/** A picture in its reserved place: the blurred colours first, then the thumbnail. */
export function AttachmentPicture({ file, event }: { file: FileInfo; event: RoomEvent | undefined }) {
  const { ask } = useVerbs()
  const [seen, setSeen] = useState<'loading' | 'shown' | 'failed'>('loading')
  // Some kinds have no thumbnail: then the original must do.
  const [source, setSource] = useState<'thumbnail' | 'original'>(moves(file) ? 'original' : 'thumbnail')
  const [tries, setTries] = useState(0)
  const [natural, setNatural] = useState<Size>()
  const sticker = file.kind === 'sticker'
  const bounds = sticker ? LARGEST_STICKER : LARGEST
  const said = file.width !== undefined && file.height !== undefined
  const shape = said ? { width: file.width ?? 1, height: file.height ?? 1 } : (natural ?? UNSAID)
  const place = fitInto(shape, bounds)
  const checked = usePictureCheck(source === 'original' ? file.mxc : undefined, tries)
  const { url, attempt, again } = useMediaAddress(file.mxc, (client, mxc) => {
    if (source === 'thumbnail') return client.thumbnailUrl(mxc, bounds.width, bounds.height, 'scale')
    return checked === 'picture' ? client.mediaUrl(mxc) : undefined
  })

  if (checked === 'no picture')
    return <FileCard file={file} note="This is no picture, whatever it is called." />
  if (seen === 'failed' || checked === 'failed') {
    return (
      <div className={css.place} style={{ width: Math.max(place.width, 240), minHeight: place.height }}>
        <MediaTrouble
          icon={<ImageOff />}
          name={file.name}
          onRetry={() => {
            setSeen('loading')
            setSource(moves(file) ? 'original' : 'thumbnail')
            setTries(tries + 1)
            again()
          }}
        >
          This picture could not be loaded. The computer that has it may be off.
        </MediaTrouble>
      </div>
    )
  }
  const picture = (
    <>
      {seen === 'loading' && file.blurhash !== undefined && (
        <Blurhash hash={file.blurhash} className={css.blur} />
      )}
      {url !== undefined && (
        <img
          key={`${source} ${attempt}`}
          src={url}
          alt={file.name}
          title={sticker ? file.name : undefined}
          draggable={false}
          decoding="async"
          data-shown={seen === 'shown' || undefined}
          onLoad={({ currentTarget: image }) => {
            setSeen('shown')
            setNatural({ width: image.naturalWidth, height: image.naturalHeight })
          }}
          onError={() => (source === 'thumbnail' ? setSource('original') : setSeen('failed'))}
        />
      )}
    </>
  )
  const style = { width: place.width, aspectRatio: `${place.width} / ${place.height}` }
  if (sticker || event === undefined) {
    return (
      <div className={[css.place, sticker && css.sticker].filter(Boolean).join(' ')} style={style}>
        {picture}
      </div>
    )
  }
  return (
    <button
      type="button"
      className={[css.place, css.opens].join(' ')}
      style={style}
      aria-label={`Open picture ${file.name}`}
      aria-busy={seen === 'loading'}
      onClick={() => ask({ kind: 'picture', event })}
    >
      {picture}
    </button>
  )
}

/** Animations move, unless they are large or the person wants it still. */
function moves(file: FileInfo): boolean {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches
  return isAnimated(file) && !still && (file.size ?? Number.POSITIVE_INFINITY) <= MOST_ANIMATED_BYTES
}
