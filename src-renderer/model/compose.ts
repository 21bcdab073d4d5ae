import type { OutgoingMessage } from '../client/types.ts'
import { escapeHtml, formatMarkdown, type Names } from './markdown.ts'

export interface ComposeOptions extends Names {
  readonly msgtype?: OutgoingMessage['msgtype']
}

/** What a written text becomes. The plain text stays as it was typed. */
export function composeMessage(text: string, names: ComposeOptions): OutgoingMessage {
  const body = text.trim()
  const { html, userIds, room } = formatMarkdown(body, names)
  return { msgtype: names.msgtype ?? 'm.text', body, formattedBody: html, mentions: { userIds, room } }
}

/** Exactly what was typed, whatever its signs would mean. */
export function composePlain(text: string): OutgoingMessage {
  return { msgtype: 'm.text', body: text.trim(), mentions: { userIds: [], room: false } }
}

/** All of it is hidden until clicked. */
export function composeSpoiler(text: string, names: ComposeOptions): OutgoingMessage {
  const message = composeMessage(text, names)
  const inner = message.formattedBody ?? escapeHtml(message.body).replaceAll('\n', '<br>')
  return { ...message, formattedBody: `<span data-mx-spoiler>${inner}</span>` }
}

/** An event may have 65,536 bytes (Client-Server API, "Size limits"); its frame needs some of them. */
const MOST_BYTES = 60_000

export function isTooLong(message: OutgoingMessage): boolean {
  return new TextEncoder().encode(JSON.stringify(message)).length > MOST_BYTES
}
