import { CornerUpRight, ImageOff, Play } from 'lucide-react'
import { useState } from 'react'
import { useConversation } from '../../model/conversation.ts'
import type { GalleryItem } from '../../model/gallery.ts'
import { formatDuration } from '../../model/measures.ts'
import { formatMoment } from '../../model/time.ts'
import { Blurhash } from '../../ui/blurhash.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { useMediaAddress, useMediaUrl } from '../../ui/use-media.ts'
import css from './files-panel.module.css'

const SIDE = 104

/** One picture or video of the gallery, cut to a square. */
export function PictureTile({ item, onOpen }: { item: GalleryItem; onOpen: () => void }) {
  const { event, file } = item
  const { jumpTo } = useConversation()
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading')
  const video = file.kind === 'video'
  const { url } = useMediaAddress(video ? file.thumbnailMxc : file.mxc, (client, mxc) =>
    client.thumbnailUrl(mxc, SIDE, SIDE, 'crop'),
  )
  const moving = useMediaUrl(video && file.thumbnailMxc === undefined ? file.mxc : undefined)
  const words = `${file.name}, from ${event.sender.name}, ${formatMoment(event.ts)}`
  return (
    <div className={css.tile}>
      <button type="button" aria-label={`Open ${words}`} title={words} onClick={onOpen}>
        {state !== 'shown' && file.blurhash !== undefined && (
          <Blurhash hash={file.blurhash} className={css.cover} />
        )}
        {url !== undefined && state !== 'failed' && (
          <img
            className={css.cover}
            src={url}
            alt=""
            loading="lazy"
            decoding="async"
            draggable={false}
            onLoad={() => setState('shown')}
            onError={() => setState('failed')}
          />
        )}
        {moving.url !== undefined && (
          <video className={css.cover} src={`${moving.url}#t=0.1`} preload="metadata" muted tabIndex={-1} />
        )}
        {state === 'failed' && <ImageOff className={css.missing} aria-hidden="true" />}
        {video && (
          <span className={css.length}>
            <Play aria-hidden="true" />
            {file.durationMs !== undefined && formatDuration(file.durationMs / 1_000)}
          </span>
        )}
      </button>
      <IconButton
        className={css.jump ?? ''}
        size="sm"
        label="Show in the conversation"
        tooltip={false}
        icon={<CornerUpRight />}
        onClick={() => jumpTo(event.id)}
      />
    </div>
  )
}
