import { asObject } from './raw-event.ts'
import type { OutgoingMessage, RoomEvent, SendTarget } from './types.ts'

type Content = Record<string, unknown>

/** `m.mentions` (Client-Server API, "User and room mentions"): always there, so that nobody is meant by chance. */
export function mentionsOf(userIds: readonly string[], room: boolean): Content {
  return {
    ...(userIds.length === 0 ? {} : { user_ids: [...new Set(userIds)] }),
    ...(room ? { room: true } : {}),
  }
}

export function html(formatted: string | undefined): Content {
  return formatted === undefined ? {} : { format: 'org.matrix.custom.html', formatted_body: formatted }
}

/** The content of a message that stands for itself. `replyTo` means its sender. */
export function messageContent(message: OutgoingMessage, me: string, replyTo?: RoomEvent): Content {
  const answered = replyTo === undefined || replyTo.sender.userId === me ? [] : [replyTo.sender.userId]
  return {
    msgtype: message.msgtype,
    body: message.body,
    ...html(message.formattedBody),
    'm.mentions': mentionsOf([...message.mentions.userIds, ...answered], message.mentions.room),
  }
}

/** Files have their name in `filename`; one whose `body` is no caption may have it there. */
const isFile = (content: Readonly<Content>): boolean =>
  typeof content['url'] === 'string' || asObject(content['file']) !== undefined

/** An edit of `event` (Client-Server API, "Event replacements"): of a file, its caption. */
export function editContent(event: RoomEvent, message: OutgoingMessage): Content {
  const { userIds, room } = message.mentions
  const before = asObject(event.content['m.mentions'])
  const known = new Set(Array.isArray(before?.['user_ids']) ? before['user_ids'] : [])
  // Who was meant already is not called again.
  const added = mentionsOf(
    userIds.filter((id) => !known.has(id)),
    room && before?.['room'] !== true,
  )
  const words: Content = { body: message.body, ...html(message.formattedBody) }
  let base: Content = { msgtype: message.msgtype }
  if (isFile(event.content)) {
    base = { ...event.content }
    for (const key of ['m.relates_to', 'format', 'formatted_body']) delete base[key]
    base['filename'] = event.content['filename'] ?? event.content['body']
    if (message.body === '') words['body'] = base['filename']
  }
  return {
    ...base,
    ...words,
    body: `* ${message.body}`,
    ...(message.formattedBody === undefined ? {} : { formatted_body: `* ${message.formattedBody}` }),
    'm.mentions': added,
    'm.new_content': { ...base, ...words, 'm.mentions': mentionsOf(userIds, room) },
    'm.relates_to': { rel_type: 'm.replace', event_id: event.id },
  }
}

/** `m.relates_to` of a reply, a message in a thread, or a reply in a thread. `latest` is the thread's newest event. */
export function relatesTo(target: SendTarget | undefined, latest: (rootId: string) => string): Content {
  const { threadId, replyTo } = target ?? {}
  const quote = replyTo === undefined ? undefined : { 'm.in_reply_to': { event_id: replyTo.id } }
  if (threadId === undefined) return quote === undefined ? {} : { 'm.relates_to': quote }
  return {
    'm.relates_to': {
      rel_type: 'm.thread',
      event_id: threadId,
      // Clients that know no threads see a reply to the message before.
      is_falling_back: quote === undefined,
      ...(quote ?? { 'm.in_reply_to': { event_id: latest(threadId) } }),
    },
  }
}

/** What an event says, without what it belongs to, for another room. Nobody is meant there. */
export function forwardContent(event: RoomEvent): Content {
  const content: Content = { ...event.content, 'm.mentions': {} }
  delete content['m.relates_to']
  delete content['m.new_content']
  return content
}
