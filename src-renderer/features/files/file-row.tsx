import { CornerUpRight, Download, Maximize2, X } from 'lucide-react'
import { useState } from 'react'
import { useConversation } from '../../model/conversation.ts'
import { viewable } from '../../model/files.ts'
import type { GalleryItem } from '../../model/gallery.ts'
import { formatBytes, formatDuration } from '../../model/measures.ts'
import { formatMoment, formatShort } from '../../model/time.ts'
import { useNow } from '../../model/use-now.ts'
import { FileMark, FileName } from '../../ui/file-card.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Lightbox } from '../../ui/lightbox.tsx'
import { PlayButton } from '../../ui/play-button.tsx'
import { useAudio } from '../../ui/use-audio.ts'
import { useMediaUrl, useSteadyUrl } from '../../ui/use-media.ts'
import { useSave } from '../../ui/use-save.ts'
import css from './file-row.module.css'

/** One file of the gallery: what it is, who sent it and when; to open, hear, save, and find in the conversation. */
export function FileRow({ item }: { item: GalleryItem }) {
  const { event, file } = item
  const { jumpTo } = useConversation()
  const { progress, save, cancel } = useSave(file)
  const [open, setOpen] = useState(false)
  const now = useNow(60_000)
  const sound = file.kind === 'audio' || file.kind === 'voice'
  const facts = [
    sound && file.durationMs !== undefined ? formatDuration(file.durationMs / 1_000) : undefined,
    file.size === undefined ? undefined : formatBytes(file.size),
    event.sender.name,
  ].filter((fact) => fact !== undefined)
  return (
    <div className={css.row}>
      {sound ? <Play item={item} /> : <FileMark file={file} />}
      <span className={css.words}>
        {file.kind === 'voice' ? (
          <span className={css.voice}>Voice message</span>
        ) : (
          <FileName name={file.name} />
        )}
        <span className={css.facts}>
          <span>{progress === undefined ? facts.join(' · ') : `Saving: ${formatBytes(progress.bytes)}`}</span>
          <time title={formatMoment(event.ts)}>{formatShort(event.ts, now)}</time>
        </span>
      </span>
      <span className={css.actions}>
        {viewable(event) !== undefined && (
          <IconButton size="sm" label="Open" icon={<Maximize2 />} onClick={() => setOpen(true)} />
        )}
        <IconButton
          size="sm"
          label="Show in the conversation"
          icon={<CornerUpRight />}
          onClick={() => jumpTo(event.id)}
        />
        {!file.encrypted &&
          file.mxc !== undefined &&
          (progress === undefined ? (
            <IconButton size="sm" label="Save" icon={<Download />} onClick={save} />
          ) : (
            <IconButton size="sm" label="Stop saving" icon={<X />} onClick={cancel} />
          ))}
      </span>
      {open && (
        <Lightbox
          events={[event]}
          current={event.id}
          onClose={() => setOpen(false)}
          onCurrent={() => undefined}
        />
      )}
    </div>
  )
}

function Play({ item: { event, file } }: { item: GalleryItem }) {
  const url = useSteadyUrl(useMediaUrl(file.mxc))
  const audio = useAudio(url, file.durationMs)
  const what = file.kind === 'voice' ? `voice message from ${event.sender.name}` : file.name
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
      <audio {...audio.element} />
      <PlayButton
        playing={audio.state === 'playing'}
        what={what}
        disabled={url === undefined || audio.state === 'failed'}
        onClick={audio.toggle}
      />
    </>
  )
}
