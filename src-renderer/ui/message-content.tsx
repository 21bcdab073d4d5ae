import type { RoomEvent } from '../model/types.ts'

export interface MessageContentProps {
  /** Event type. */
  type: string
  content: Readonly<Record<string, unknown>>
  /** Undefined while the message waits to be sent. */
  event: RoomEvent | undefined
}

/** What one message says: text, file, poll, … */
export function MessageContent({ content }: MessageContentProps) {
  return <>{typeof content['body'] === 'string' ? content['body'] : ''}</>
}
