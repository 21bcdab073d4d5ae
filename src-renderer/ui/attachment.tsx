import type { RoomEvent } from '../model/types.ts'

export interface AttachmentProps {
  /** Of an `m.image`, `m.video`, `m.audio`, `m.file` message or a sticker. */
  content: Readonly<Record<string, unknown>>
  event: RoomEvent | undefined
}

/** A file as part of a message: picture, player, voice message, or a card to open and save. */
export function Attachment(_props: AttachmentProps) {
  return null
}
