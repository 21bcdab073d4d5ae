import { ChevronLeft, ChevronRight, Download, VideoOff, X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useEffect, useState, type KeyboardEvent } from 'react'
import { captionOf, viewable, type FileInfo } from '../model/files.ts'
import { formatMoment } from '../model/time.ts'
import type { RoomEvent } from '../model/types.ts'
import { useServices } from '../model/use-client.ts'
import { IconButton } from './icon-button.tsx'
import { LightboxPdf } from './lightbox-pdf.tsx'
import { LightboxPicture } from './lightbox-picture.tsx'
import css from './lightbox.module.css'
import { MediaTrouble } from './media-trouble.tsx'
import { useMediaUrl } from './use-media.ts'
import { useSave } from './use-save.ts'
import { VideoElement } from './video-player.tsx'

export interface LightboxProps {
  /** In the order in which they are leafed through, oldest first; what cannot be shown is left out. */
  events: readonly RoomEvent[]
  /** Event id. */
  current: string
  onClose: () => void
  onCurrent: (eventId: string) => void
}

/** Larger neighbours are not fetched before they are asked for. */
const MOST_AHEAD_BYTES = 20_000_000

/** The pictures, videos and PDFs of a conversation over everything else, one at a time. */
export function Lightbox({ events, current, onClose, onCurrent }: LightboxProps) {
  const shown = events.filter((event) => viewable(event) !== undefined)
  const index = shown.findIndex((event) => event.id === current)
  const event = shown[index]
  const file = event === undefined ? undefined : viewable(event)
  const previous = shown[index - 1]
  const next = index < 0 ? undefined : shown[index + 1]
  usePreload([previous, next])

  function go(direction: number): void {
    const target = direction < 0 ? previous : next
    if (target !== undefined) onCurrent(target.id)
  }

  function onKeyDown(key: KeyboardEvent): void {
    // In a video the arrows seek.
    if (key.target instanceof HTMLVideoElement || key.ctrlKey || key.metaKey || key.altKey) return
    if (key.key === 'ArrowLeft') go(-1)
    if (key.key === 'ArrowRight') go(1)
  }

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Content
          className={css.lightbox}
          aria-describedby={undefined}
          onKeyDown={onKeyDown}
          // What happens here is nothing to the message that it was opened from.
          onClick={(click) => click.stopPropagation()}
        >
          {event === undefined || file === undefined ? (
            <Gone />
          ) : (
            <>
              <Header
                event={event}
                file={file}
                place={`${index + 1} of ${shown.length}`}
                many={shown.length > 1}
              />
              <div className={css.stage}>
                <Stage key={event.id} event={event} file={file} onSwipe={go} />
                {previous !== undefined && (
                  <IconButton
                    className={[css.step, css.previous].join(' ')}
                    label="Previous"
                    tooltip={false}
                    icon={<ChevronLeft />}
                    onClick={() => go(-1)}
                  />
                )}
                {next !== undefined && (
                  <IconButton
                    className={[css.step, css.next].join(' ')}
                    label="Next"
                    tooltip={false}
                    icon={<ChevronRight />}
                    onClick={() => go(1)}
                  />
                )}
              </div>
              <Caption event={event} />
            </>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

interface HeaderProps {
  event: RoomEvent
  file: FileInfo
  place: string
  many: boolean
}

function Header({ event, file, place, many }: HeaderProps) {
  const { save } = useSave(file)
  return (
    <header className={css.header}>
      <div className={css.words}>
        <Dialog.Title className={css.title}>{file.name}</Dialog.Title>
        <p className={css.detail}>
          {event.sender.name} · {formatMoment(event.ts)}
        </p>
      </div>
      {many && (
        <span className={css.place} aria-live="polite">
          {place}
        </span>
      )}
      <IconButton
        className={css.tool ?? ''}
        label="Save"
        tooltip={false}
        icon={<Download />}
        onClick={save}
      />
      <Dialog.Close asChild>
        <IconButton className={css.tool ?? ''} label="Close" tooltip={false} icon={<X />} />
      </Dialog.Close>
    </header>
  )
}

interface StageProps {
  event: RoomEvent
  file: FileInfo
  onSwipe: (direction: number) => void
}

function Stage({ event, file, onSwipe }: StageProps) {
  if (file.kind === 'video') return <Video file={file} />
  if (file.kind === 'file') return <LightboxPdf file={file} />
  const alt = captionOf(event.content) ?? `${file.name}, from ${event.sender.name}`
  return <LightboxPicture file={file} alt={alt} onSwipe={onSwipe} />
}

function Video({ file }: { file: FileInfo }) {
  const { url, attempt, again } = useMediaUrl(file.mxc)
  const [failed, setFailed] = useState(false)
  if (failed) {
    return (
      <div className={css.trouble}>
        <MediaTrouble
          icon={<VideoOff />}
          name={file.name}
          onRetry={() => {
            setFailed(false)
            again()
          }}
        >
          This video could not be played. It may be of a kind that is not known here, or the computer that has
          it is off.
        </MediaTrouble>
      </div>
    )
  }
  if (url === undefined) return null
  return (
    <VideoElement
      key={attempt}
      className={css.video}
      url={url}
      name={file.name}
      onFailed={() => setFailed(true)}
    />
  )
}

function Caption({ event }: { event: RoomEvent }) {
  const caption = captionOf(event.content)
  return caption === undefined ? null : <p className={css.caption}>{caption}</p>
}

function Gone() {
  return (
    <div className={css.trouble}>
      <Dialog.Title className={css.title}>It is not here any more</Dialog.Title>
      <Dialog.Close asChild>
        <IconButton className={css.tool ?? ''} label="Close" tooltip={false} icon={<X />} />
      </Dialog.Close>
    </div>
  )
}

/** What comes next is in the browser's cache when it is asked for. */
function usePreload(events: readonly (RoomEvent | undefined)[]): void {
  const { client } = useServices()
  const mxcs = events
    .flatMap((event) => (event === undefined ? [] : [viewable(event)]))
    .filter((file) => file?.kind === 'picture' && (file.size ?? 0) <= MOST_AHEAD_BYTES)
    .map((file) => file?.mxc)
    .join(' ')
  useEffect(() => {
    for (const mxc of mxcs.split(' ')) {
      const url = mxc === '' ? undefined : client.mediaUrl(mxc)
      if (url !== undefined) new Image().src = url
    }
  }, [mxcs, client])
}
