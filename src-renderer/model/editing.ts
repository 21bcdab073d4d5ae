import type { RoomEvent } from '../client/types.ts'
import { composeMessage } from './compose.ts'
import { escapeMarkdown, htmlToMarkdown } from './from-html.ts'
import type { Mention } from './mentions.ts'

/** A text as it stands in the composer. */
export interface Written {
  readonly text: string
  readonly mentions: readonly Mention[]
}

const EDITABLE = new Set(['m.text', 'm.emote', 'm.notice'])

/** Is this a message whose words can be written anew? */
export function isEditable(event: RoomEvent, myUserId: string): boolean {
  return (
    event.sender.userId === myUserId &&
    event.type === 'm.room.message' &&
    !event.redacted &&
    EDITABLE.has(String(event.content['msgtype']))
  )
}

/**
 * The text to edit a message from. Where the plain text is what was typed, it is that; else it is made of
 * the HTML, as for messages of other clients.
 */
export function writtenOf(event: RoomEvent): Written {
  const { body, formatted_body: html, msgtype } = event.content
  const plain = typeof body === 'string' ? body : ''
  const written = typeof html === 'string' && html !== '' ? fromHtml(plain, html) : fromPlain(plain)
  return msgtype === 'm.emote' ? { ...written, text: `/me ${written.text}` } : written
}

function fromHtml(body: string, html: string): Written {
  const read = htmlToMarkdown(html)
  if (read === undefined) return fromPlain(body)
  const { markdown, mentions } = read
  const again = composeMessage(body, { mentions, room: false })
  return again.formattedBody === html ? { text: body, mentions } : { text: markdown, mentions }
}

function fromPlain(body: string): Written {
  const formats = composeMessage(body, { mentions: [], room: false }).formattedBody !== undefined
  return { text: formats ? escapeMarkdown(body) : body, mentions: [] }
}
