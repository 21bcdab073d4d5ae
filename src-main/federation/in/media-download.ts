import { randomBytes } from 'node:crypto'
import { ServerResponse } from 'node:http'
import { withDirectBody } from '../../http/direct-body.ts'
import { invalidParam, MatrixError, notFound } from '../../http/errors.ts'
import { readMediaRange } from '../media-range.ts'
import type { Call, Endpoint, OpenedMedia } from './endpoint.ts'

/**
 * `GET /_matrix/federation/v1/media/download/{mediaId}`: streamed, as `multipart/mixed` of two parts. A part
 * of the file alone, for who asks with `Hearth-Range` (see `media-range.ts`).
 */
export const mediaDownload: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/media/download/:mediaId',
  async handle(call, { media }) {
    const mediaId = call.params['mediaId'] ?? ''
    const options = timeoutOf(call)
    const wanted = readMediaRange(call.header)
    let opened = await media?.open(mediaId, { ...options, range: wanted?.range })
    if (opened !== undefined && wanted !== undefined && wanted.sha256 !== opened.sha256) {
      await opened.stream.cancel()
      opened = await media?.open(mediaId, options)
    }
    return answer(opened)
  },
}

const IDLE_MS = 60_000

/** `GET /_matrix/federation/v1/media/thumbnail/{mediaId}`. */
export const mediaThumbnail: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/media/thumbnail/:mediaId',
  async handle(call, { media }) {
    const size = (name: string): number => {
      const value = call.query.get(name) ?? ''
      if (/^[1-9][0-9]{0,5}$/.test(value)) return Number(value)
      throw invalidParam(`${name} must be a positive whole number.`)
    }
    const wanted = {
      width: size('width'),
      height: size('height'),
      method: call.query.get('method') === 'crop' ? 'crop' : 'scale',
      animated: call.query.get('animated') === 'true',
    } as const
    return answer(await media?.thumbnail(call.params['mediaId'] ?? '', wanted, timeoutOf(call)))
  },
}

function timeoutOf(call: Call): { timeoutMs?: number } {
  const timeout = call.query.get('timeout_ms') ?? ''
  return /^[0-9]{1,9}$/.test(timeout) ? { timeoutMs: Number(timeout) } : {}
}

function answer(opened: OpenedMedia | 'no-thumbnail' | undefined): Response {
  if (opened === undefined) throw notFound('There is no such media on this server.')
  if (opened === 'no-thumbnail') {
    throw new MatrixError(400, 'M_UNKNOWN', 'No thumbnail can be made of this file.')
  }
  // Random, so that no content can hold it.
  const boundary = randomBytes(24).toString('hex')
  const before = Buffer.from(
    `--${boundary}\r\nContent-Type: application/json\r\n\r\n{}\r\n--${boundary}\r\n${partHeaders(opened)}\r\n\r\n`,
  )
  const after = Buffer.from(`\r\n--${boundary}--\r\n`)
  const length = opened.range === undefined ? opened.size : opened.range.end - opened.range.start + 1
  const headers = new Headers({ 'content-type': `multipart/mixed; boundary=${boundary}` })
  if (length !== undefined) headers.set('content-length', String(before.length + length + after.length))
  const body = between(before, opened.stream, after)
  const { send } = opened
  if (send === undefined) return new Response(body, { headers })
  return withDirectBody(new Response(body, { headers }), async (to) => {
    // Between servers nobody pauses a film: who stops reading is gone.
    if (to instanceof ServerResponse) to.setTimeout(IDLE_MS, () => to.destroy())
    to.write(before)
    await send(to)
    to.write(after)
    if (to instanceof ServerResponse) to.setTimeout(0)
  })
}

/** Those of the specification, and for other Hearth nodes what they need to continue later. */
function partHeaders(media: OpenedMedia): string {
  const { size, range, sha256, filename, contentType } = media
  const name = filename === undefined ? '' : `; filename*=utf-8''${encode(filename)}`
  const lines = [`Content-Type: ${contentType.replace(/[\r\n]/g, ' ')}`, `Content-Disposition: inline${name}`]
  if (size !== undefined && sha256 !== undefined) {
    const { start, end } = range ?? { start: 0, end: size - 1 }
    lines.push(`Content-Length: ${end - start + 1}`, `ETag: "${sha256}"`)
    if (range !== undefined) lines.push(`Content-Range: bytes ${start}-${end}/${size}`)
  }
  return lines.join('\r\n')
}

function between(
  before: Uint8Array<ArrayBuffer>,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  after: Uint8Array<ArrayBuffer>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader()
  let begun = false
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        if (!begun) {
          begun = true
          return controller.enqueue(before)
        }
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        controller.enqueue(after)
        controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function encode(filename: string): string {
  return encodeURIComponent(filename).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
