import type { RoomEvent } from '../client/types.ts'
import { htmlWords } from './html-words.ts'
import { parsePoll } from './poll.ts'

/** A state event as a small line; undefined when it says nothing to a person. */
export function describeStateEvent(event: RoomEvent): string | undefined {
  const who = event.sender.name
  switch (event.type) {
    case 'm.room.create':
      return `${who} created this room`
    case 'm.room.member':
      return describeMembership(event)
    case 'm.room.name': {
      const name = text(event.content['name'])
      return name === undefined ? `${who} removed the room's name` : `${who} named the room “${name}”`
    }
    case 'm.room.topic': {
      const topic = text(event.content['topic'])
      return topic === undefined ? `${who} removed the topic` : `${who} changed the topic to “${topic}”`
    }
    case 'm.room.avatar':
      return `${who} changed the room's picture`
    case 'm.room.encryption':
      return `${who} turned on encryption`
    case 'm.room.tombstone':
      return `${who} replaced this room by a new one`
    case 'm.room.join_rules':
      // The rules a room is created with are no news; only a change is.
      if (text(event.prevContent['join_rule']) === undefined) return undefined
      return event.content['join_rule'] === 'public'
        ? `${who} opened the room to everyone`
        : `${who} made the room for invited people only`
    case 'm.room.power_levels':
      return Object.keys(event.prevContent).length === 0 ? undefined : `${who} changed who may do what`
    case 'm.room.pinned_events':
      return `${who} changed the pinned messages`
    default:
      return undefined
  }
}

function describeMembership(event: RoomEvent): string | undefined {
  const now = text(event.content['membership'])
  const before = text(event.prevContent['membership'])
  const who = event.sender.name
  const whom = event.target?.name ?? 'somebody'
  const own = event.sender.userId === event.stateKey
  switch (now) {
    case 'join':
      if (before === 'join') return describeProfileChange(event)
      return before === 'invite' ? `${whom} accepted the invitation` : `${whom} joined`
    case 'invite':
      return `${who} invited ${whom}`
    case 'knock':
      return `${whom} asks to join`
    case 'ban':
      return `${who} banned ${whom}`
    case 'leave':
      if (own) return before === 'invite' ? `${whom} declined the invitation` : `${whom} left`
      if (before === 'ban') return `${who} lifted the ban of ${whom}`
      return before === 'invite' ? `${who} took back the invitation of ${whom}` : `${who} removed ${whom}`
    default:
      return undefined
  }
}

function describeProfileChange(event: RoomEvent): string | undefined {
  const was = text(event.prevContent['displayname'])
  const is = text(event.content['displayname'])
  if (was !== is) {
    if (is === undefined) return `${was ?? 'Somebody'} removed their name`
    return was === undefined ? `Somebody is now called ${is}` : `${was} is now called ${is}`
  }
  return event.content['avatar_url'] === event.prevContent['avatar_url']
    ? undefined
    : `${event.sender.name} changed their picture`
}

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

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
