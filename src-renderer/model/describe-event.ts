import type { RoomEvent } from '../client/types.ts'
import { text } from './event-text.ts'
import { htmlWords } from './html-words.ts'
import { parsePoll } from './poll.ts'

/** The words of a message for lists, notifications and the timeline of kinds that are not drawn yet. */
export function describeMessage(event: RoomEvent): string {
  if (event.redacted) return 'Message deleted'
  if (event.type === 'm.room.encrypted') return 'Encrypted message'
  const poll = parsePoll(event.content)
  if (poll !== undefined) return `Poll: ${poll.question}`
  const body = wordsOf(event.content)
  if (event.type === 'm.sticker') return body === '' ? 'Sticker' : `Sticker: ${body}`
  const caption = captionOf(event.content) === undefined ? undefined : body
  const named = (kind: string): string => (caption === undefined ? kind : `${kind}: ${caption}`)
  switch (event.content['msgtype']) {
    case 'm.image':
      return named('Picture')
    case 'm.video':
      return named('Video')
    case 'm.audio':
      return named(isVoice(event.content) ? 'Voice message' : 'Sound')
    case 'm.file':
      return body === '' ? 'File' : `File: ${caption ?? body}`
    case 'm.location':
      return body === '' ? 'Place' : `Place: ${body}`
    case 'm.emote':
      return `${event.sender.name} ${body}`
    default:
      return body
  }
}

/** What a message says, without the signs that its plain `body` has in place of a format. */
function wordsOf(content: Readonly<Record<string, unknown>>): string {
  const html = content['format'] === 'org.matrix.custom.html' ? text(content['formatted_body']) : undefined
  const words = html === undefined ? '' : htmlWords(html)
  return words === '' ? withoutQuote(content) : words
}

/** Words that go with a file: its `body`, where the name is told apart from it (CS API, "Media captions"). */
export function captionOf(content: Readonly<Record<string, unknown>>): string | undefined {
  const filename = text(content['filename'])
  const body = text(content['body'])
  return filename === undefined || body === filename ? undefined : body
}

export function isVoice(content: Readonly<Record<string, unknown>>): boolean {
  return content['org.matrix.msc3245.voice'] !== undefined || content['m.voice'] !== undefined
}

/**
 * The `body` as a person wrote it. Older clients put what they answer before it, in lines that begin with
 * `> ` (CS API before 1.13, "Fallbacks for rich replies"); the quote is drawn from the event itself.
 */
export function withoutQuote(content: Readonly<Record<string, unknown>>): string {
  const body = text(content['body']) ?? ''
  const relates: unknown = content['m.relates_to']
  const isReply = typeof relates === 'object' && relates !== null && 'm.in_reply_to' in relates
  if (!isReply || !/^> (?:\* )?</u.test(body)) return body
  const lines = body.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('> '))
  return end === -1 ? body : lines.slice(lines[end] === '' ? end + 1 : end).join('\n')
}
