import { randomBytes } from 'node:crypto'
import { ReadableStream } from 'node:stream/web'
import { notFound } from '../../http/errors.ts'
import type { Endpoint, OpenedMedia } from './endpoint.ts'

/** `GET /_matrix/federation/v1/media/download/{mediaId}`: streamed, as `multipart/mixed` of two parts. */
export const mediaDownload: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/media/download/:mediaId',
  async handle(call, { media }) {
    const opened = await media?.open(call.params['mediaId'] ?? '')
    if (opened === undefined) throw notFound('There is no such media on this server.')
    // Random, so that no content can hold it.
    const boundary = randomBytes(24).toString('hex')
    return new Response(ReadableStream.from(multipart(opened, boundary)) as BodyInit, {
      headers: { 'content-type': `multipart/mixed; boundary=${boundary}` },
    })
  },
}

async function* multipart(media: OpenedMedia, boundary: string): AsyncGenerator<Uint8Array> {
  const disposition =
    media.filename === undefined
      ? 'inline'
      : `inline; filename*=utf-8''${encodeURIComponent(media.filename).replace(/['()*]/g, percent)}`
  yield Buffer.from(
    `--${boundary}\r\nContent-Type: application/json\r\n\r\n{}\r\n` +
      `--${boundary}\r\nContent-Type: ${media.contentType.replace(/[\r\n]/g, ' ')}\r\nContent-Disposition: ${disposition}\r\n\r\n`,
  )
  yield* media.stream
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}

const percent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
