import { howToShow, parseFile, type FileInfo } from '../model/files.ts'
import type { RoomEvent } from '../model/types.ts'
import css from './attachment.module.css'
import { AttachmentPicture } from './attachment-picture.tsx'
import { AudioPlayer } from './audio-player.tsx'
import { FileCard } from './file-card.tsx'
import { PdfPreview } from './pdf-preview.tsx'
import { TextPreview } from './text-preview.tsx'
import { VideoPlayer } from './video-player.tsx'
import { VoicePlayer } from './voice-player.tsx'

export interface AttachmentProps {
  /** Of an `m.image`, `m.video`, `m.audio`, `m.file` message or a sticker. */
  content: Readonly<Record<string, unknown>>
  event: RoomEvent | undefined
}

/** A file as part of a message: picture, player, voice message, or a card to open and save. */
export function Attachment({ content, event }: AttachmentProps) {
  // A sticker is the only file whose content has no msgtype.
  const file = parseFile(content, content['msgtype'] === undefined ? 'm.sticker' : event?.type)
  if (file === undefined) return null
  return (
    <div className={css.attachment}>
      <Shown file={file} event={event} />
    </div>
  )
}

function Shown({ file, event }: { file: FileInfo; event: RoomEvent | undefined }) {
  const shown = howToShow(file)
  if (file.mxc === undefined && shown !== 'encrypted') {
    return <FileCard file={file} note={event === undefined ? 'On its way' : 'The message names no file.'} />
  }
  switch (shown) {
    case 'picture':
    case 'sticker':
      return <AttachmentPicture file={file} event={event} />
    case 'video':
      return <VideoPlayer file={file} />
    case 'audio':
      return <AudioPlayer file={file} />
    case 'voice':
      return <VoicePlayer file={file} sender={event?.sender.name} />
    case 'pdf':
      return <PdfPreview file={file} event={event} />
    case 'text':
      return <TextPreview file={file} />
    case 'encrypted':
      return <FileCard file={file} note="Encrypted. Hearth cannot open encrypted files yet." />
    default:
      return <FileCard file={file} />
  }
}
