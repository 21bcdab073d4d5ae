import { MapPin } from 'lucide-react'
import type { ReactNode } from 'react'
import { parseAddress } from '../model/addresses.ts'
import { useVerbs } from '../model/conversation.ts'
import { captionOf, withoutQuote } from '../model/describe-event.ts'
import { isOnlyEmoji } from '../model/emoji-text.ts'
import { POLL_START } from '../model/poll.ts'
import { linkify } from '../model/text.ts'
import type { RoomEvent } from '../model/types.ts'
import { Attachment } from './attachment.tsx'
import { LinkedText } from './linked-text.tsx'
import { LinkPreviews } from './link-preview.tsx'
import css from './message-content.module.css'
import { PersonPill, withRoomMention } from './pill.tsx'
import { Poll } from './poll.tsx'
import { RichText } from './rich-text.tsx'

export interface MessageContentProps {
  /** Event type. */
  type: string
  content: Readonly<Record<string, unknown>>
  /** Undefined while the message waits to be sent. */
  event: RoomEvent | undefined
  /** Who does what an emote says. */
  senderName?: string
  /** Follows the last words. */
  after?: ReactNode
}

const FILES = new Set(['m.image', 'm.video', 'm.audio', 'm.file'])

/** What one message says: text, file, poll, … Everything in `content` is as a stranger wrote it. */
export function MessageContent({ type, content, event, senderName, after }: MessageContentProps) {
  const kind = content['msgtype']
  if (type === 'm.sticker') return <Attachment content={content} event={event} />
  if (isPoll(type))
    return event === undefined ? <Unknown words="A poll on its way" /> : <Poll event={event} />
  if (typeof kind === 'string' && FILES.has(kind)) {
    const caption = captionOf(content)
    return (
      <div className={css.file}>
        <Attachment content={content} event={event} />
        {caption !== undefined && (
          <div className={css.words} dir="auto">
            <Words content={content} body={caption} />
            {after}
          </div>
        )}
      </div>
    )
  }
  if (kind === 'm.location') return <Place content={content} />
  const body = withoutQuote(content)
  if (body === '' && formattedBody(content) === undefined) {
    return <Unknown words="A message of a kind that Hearth does not know." />
  }
  if (kind === 'm.emote') {
    return (
      <div className={css.emote} dir="auto">
        <span className={css.doer}>{senderName} </span>
        <Words content={content} body={body} />
        {after}
      </div>
    )
  }
  const big = isOnlyEmoji(body)
  return (
    <>
      <div className={[css.words, big && css.big].filter(Boolean).join(' ')} dir="auto">
        <Words content={content} body={body} />
        {after}
      </div>
      <LinkPreviews text={body} />
    </>
  )
}

function isPoll(type: string): boolean {
  return POLL_START.some((each) => each === type)
}

function formattedBody(content: Readonly<Record<string, unknown>>): string | undefined {
  const html = content['formatted_body']
  return content['format'] === 'org.matrix.custom.html' && typeof html === 'string' && html.trim() !== ''
    ? html
    : undefined
}

function Words({ content, body }: { content: Readonly<Record<string, unknown>>; body: string }) {
  const html = formattedBody(content)
  const mentionsRoom = meansRoom(content['m.mentions'])
  if (html !== undefined) return <RichText html={html} mentionsRoom={mentionsRoom} />
  return <PlainText text={body} mentionsRoom={mentionsRoom} />
}

function meansRoom(mentions: unknown): boolean {
  return typeof mentions === 'object' && mentions !== null && 'room' in mentions && mentions.room === true
}

function PlainText({ text, mentionsRoom }: { text: string; mentionsRoom: boolean }) {
  const { openLink } = useVerbs()
  const parts = linkify(text)
  return parts.map((part, index): ReactNode => {
    if (part.kind === 'text') return mentionsRoom ? withRoomMention(part.text, index) : part.text
    const address = parseAddress(part.href)
    // The parts of one text do not move.
    /* oxlint-disable react/no-array-index-key */
    if (address?.kind === 'person') return <PersonPill key={index} userId={address.userId} words="" />
    return <LinkedText key={index} parts={[part]} onOpen={openLink} />
    /* oxlint-enable react/no-array-index-key */
  })
}

/** `geo:` addresses (RFC 5870) as far as a map needs them. */
const GEO = /^geo:(-?\d{1,3}(?:\.\d{1,12})?),(-?\d{1,3}(?:\.\d{1,12})?)/u

function Place({ content }: { content: Readonly<Record<string, unknown>> }) {
  const { openLink } = useVerbs()
  const body = withoutQuote(content)
  const geo = typeof content['geo_uri'] === 'string' ? GEO.exec(content['geo_uri']) : null
  const [, latitude, longitude] = geo ?? []
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`
  return (
    <div className={css.place}>
      <MapPin aria-hidden="true" />
      <span>
        {body === '' ? 'A place' : body}
        {geo !== null && (
          <>
            {' '}
            <LinkedText parts={[{ kind: 'link', text: 'Show on a map', href: map }]} onOpen={openLink} />
          </>
        )}
      </span>
    </div>
  )
}

function Unknown({ words }: { words: string }) {
  return <span className={css.unknown}>{words}</span>
}
