import { html, mentionsOf } from './message-content.ts'
import type { OutgoingFile } from './types.ts'

/** What is known of a file beyond its bytes; made by `file-info.ts`. */
export interface FileInfo {
  readonly kind: 'image' | 'video' | 'audio' | 'file'
  /** Pixels. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  readonly durationMs?: number | undefined
  readonly blurhash?: string | undefined
  readonly thumbnail?: { readonly blob: Blob; readonly width: number; readonly height: number } | undefined
}

const FALLBACK_TYPE = 'application/octet-stream'

/** Loudness in a voice message goes from 0 to this (MSC3246). */
const LOUDEST = 1024
const MOST_BARS = 120

/** Drops what is not known: `undefined` is no JSON. */
const known = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** The content of a message with a file (Client-Server API, "m.image" and its kin), voice messages by MSC3245. */
export function fileContent(
  { file, caption, formatted, voice }: OutgoingFile,
  info: FileInfo,
  url: string,
  thumbnailUrl: string | undefined,
): Record<string, unknown> {
  const name = file.name === '' ? 'File' : file.name
  const body = caption === '' ? name : caption
  const durationMs = voice?.durationMs ?? info.durationMs
  const duration = durationMs === undefined ? undefined : Math.round(durationMs)
  const thumbnail = thumbnailUrl === undefined ? undefined : info.thumbnail
  return {
    msgtype: `m.${voice === undefined ? info.kind : 'audio'}`,
    body,
    filename: name,
    url,
    info: known({
      mimetype: file.type === '' ? FALLBACK_TYPE : file.type,
      size: file.size,
      w: info.width,
      h: info.height,
      duration,
      'xyz.amorgan.blurhash': info.blurhash,
      thumbnail_url: thumbnail === undefined ? undefined : thumbnailUrl,
      thumbnail_info:
        thumbnail === undefined
          ? undefined
          : {
              w: thumbnail.width,
              h: thumbnail.height,
              size: thumbnail.blob.size,
              mimetype: thumbnail.blob.type,
            },
    }),
    ...(caption === '' ? {} : html(formatted?.formattedBody)),
    'm.mentions': mentionsOf(formatted?.mentions.userIds ?? [], formatted?.mentions.room ?? false),
    ...(voice === undefined
      ? {}
      : {
          'org.matrix.msc3245.voice': {},
          'org.matrix.msc1767.text': body,
          'org.matrix.msc1767.audio': known({
            duration,
            waveform: voice.waveform
              .slice(0, MOST_BARS)
              .map((value) => Math.round(Math.min(LOUDEST, Math.max(0, value)))),
          }),
        }),
  }
}
