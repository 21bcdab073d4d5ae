import type { RoomEvent } from '../client/types.ts'
import { essenceOf, extensionOf, isPdf, isRunnable, isShownPicture, isText } from './file-types.ts'

/** What the message or its sender says about a file. All of it may be untrue, and none of it is trusted. */
export interface FileInfo {
  readonly kind: 'picture' | 'sticker' | 'video' | 'audio' | 'voice' | 'file'
  /** Undefined while it is not uploaded yet, or when the message names none. */
  readonly mxc: string | undefined
  /** The file is encrypted with keys in the message. */
  readonly encrypted: boolean
  readonly name: string
  /** MIME type without parameters, in small letters; empty where none is said. */
  readonly type: string
  /** Bytes. */
  readonly size: number | undefined
  /** Pixels. */
  readonly width: number | undefined
  readonly height: number | undefined
  readonly durationMs: number | undefined
  readonly blurhash: string | undefined
  readonly thumbnailMxc: string | undefined
  /** Loudness over time, 0 to 1024; empty where none is said. */
  readonly waveform: readonly number[]
}

/** How a file may be shown. `card`: by name only, to be saved. */
export type Shown =
  | 'picture'
  | 'sticker'
  | 'video'
  | 'audio'
  | 'voice'
  | 'pdf'
  | 'text'
  | 'card'
  | 'encrypted'

type Content = Readonly<Record<string, unknown>>

const MXC = /^mxc:\/\/[^/?#\s]+\/[^/?#\s]+$/
const VOICE = ['org.matrix.msc3245.voice', 'org.matrix.msc3245.voice.v2'] as const
const AUDIO = ['org.matrix.msc1767.audio', 'org.matrix.msc3246.audio'] as const
const LONGEST_NAME = 255
const MOST_BARS = 1_000
const LARGEST_SIDE = 100_000

const KINDS: Readonly<Record<string, FileInfo['kind']>> = {
  'm.image': 'picture',
  'm.video': 'video',
  'm.audio': 'audio',
  'm.file': 'file',
}

/**
 * Reads the file of an `m.image`, `m.video`, `m.audio` or `m.file` message, or of a sticker, which has no
 * `msgtype` (client-server, "m.room.message msgtypes", "m.sticker"; voice messages: MSC3245 with MSC1767 and
 * MSC3246 fields). Undefined for anything else.
 */
export function parseFile(content: Content, eventType?: string): FileInfo | undefined {
  const sticker = eventType === 'm.sticker'
  const named = sticker ? 'sticker' : KINDS[textOf(content['msgtype']) ?? '']
  if (named === undefined) return undefined
  const info = objectOf(content['info'])
  const audio = objectOf(AUDIO.map((key) => content[key]).find((value) => value !== undefined))
  const kind = named === 'audio' && VOICE.some((key) => content[key] !== undefined) ? 'voice' : named
  return {
    kind,
    mxc: mxcOf(content['url']),
    encrypted: content['file'] !== undefined && mxcOf(content['url']) === undefined,
    name: cleanName(textOf(content['filename']) ?? textOf(content['body']) ?? ''),
    type: essenceOf(textOf(info['mimetype']) ?? ''),
    size: wholeOf(info['size'], Number.MAX_SAFE_INTEGER),
    width: positiveOf(info['w']),
    height: positiveOf(info['h']),
    durationMs: wholeOf(info['duration'] ?? audio['duration'], 7 * 86_400_000),
    blurhash: textOf(info['xyz.amorgan.blurhash'] ?? info['blurhash']),
    thumbnailMxc: mxcOf(info['thumbnail_url']),
    waveform: waveformOf(audio['waveform']),
  }
}

/** What may be shown of it in the page: only what can do nothing but be looked at or listened to. */
export function howToShow(file: FileInfo): Shown {
  if (file.encrypted) return 'encrypted'
  if (isRunnable(file.type, file.name)) return 'card'
  switch (file.kind) {
    case 'sticker':
    case 'picture':
      return file.type === '' || isShownPicture(file.type) ? file.kind : 'card'
    case 'video':
    case 'audio':
    case 'voice':
      return file.kind
    default:
      if (isPdf(file.type, file.name)) return 'pdf'
      return isText(file.type, file.name) ? 'text' : 'card'
  }
}

/** What the lightbox can show of an event; undefined for everything else. */
export function viewable(event: RoomEvent): FileInfo | undefined {
  if (event.redacted) return undefined
  const file = parseFile(event.content, event.type)
  const shown = file === undefined ? 'card' : howToShow(file)
  return ['picture', 'video', 'pdf'].includes(shown) && file?.mxc !== undefined ? file : undefined
}

/** Words that go with the file (client-server, "Media captions"); undefined where the body is but its name. */
export function captionOf(content: Content): string | undefined {
  const filename = textOf(content['filename'])
  const body = textOf(content['body'])
  return filename !== undefined && body !== undefined && body !== filename ? body : undefined
}

/** Moves in place of another picture of the same bytes, so that the server's still thumbnail would not do. */
export function isAnimated(file: FileInfo): boolean {
  return ['image/gif', 'image/webp', 'image/apng'].includes(file.type)
}

/** "PDF", "ZIP", "Text"; for the second line of a card. */
export function typeWord(file: Pick<FileInfo, 'name' | 'type'>): string {
  const extension = extensionOf(file.name)
  if (extension !== '' && extension.length <= 5) return extension.toUpperCase()
  if (file.type.startsWith('text/')) return 'Text'
  return 'File'
}

/** A name for one line: no control or direction-changing characters, which disguise what a file is. */
function cleanName(name: string): string {
  const clean = name
    .slice(0, LONGEST_NAME * 4)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_NAME)
  return clean === '' ? 'File without a name' : clean
}

function waveformOf(value: unknown): readonly number[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, MOST_BARS).map((each: unknown) => {
    const loudness = typeof each === 'number' && Number.isFinite(each) ? each : 0
    return Math.min(1_024, Math.max(0, loudness))
  })
}

function mxcOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && text.length <= 1_024 && MXC.test(text) ? text : undefined
}

function objectOf(value: unknown): Content {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function wholeOf(value: unknown, most: number): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= most ? Math.round(value) : undefined
}

function positiveOf(value: unknown): number | undefined {
  const whole = wholeOf(value, LARGEST_SIDE)
  return whole === 0 ? undefined : whole
}
