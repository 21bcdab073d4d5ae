import type { Context, Hono } from 'hono'
import { MatrixError, notFound } from '../../http/errors.ts'
import type { ByteRange, OpenMedia } from '../../media/ports.ts'
import { mxcOfPath, withMediaErrors } from './deps.ts'
import type { MediaRouteDeps } from './deps.ts'
import { essenceOf, etagOf, safeHeaders } from './headers.ts'

/** Thumbnails may be of these types only, and are the original for now. */
const thumbnailTypes: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/gif',
  'image/webp',
])

/** GET /media/download and /media/thumbnail, with the frozen unauthenticated paths. */
export function registerDownload(app: Hono, { media, session, readSession }: MediaRouteDeps): void {
  const download = async (c: Context): Promise<Response> => {
    const range = rangeOf(c)
    const found = await open(c, range)
    return respond(c, found, c.req.param('fileName'))
  }

  const thumbnail = async (c: Context): Promise<Response> => {
    for (const name of ['width', 'height']) {
      if (!/^[1-9][0-9]{0,5}$/.test(c.req.query(name) ?? '')) {
        throw new MatrixError(400, 'M_INVALID_PARAM', `${name} must be a positive whole number`)
      }
    }
    const found = await open(c, undefined)
    if (!thumbnailTypes.has(essenceOf(found.contentType))) {
      throw new MatrixError(400, 'M_UNKNOWN', 'There are no thumbnails of this kind of file')
    }
    return respond(c, found, undefined)
  }

  const base = '/_matrix/client/v1/media'
  app.get(`${base}/download/:serverName/:mediaId`, authenticated(download))
  app.get(`${base}/download/:serverName/:mediaId/:fileName`, authenticated(download))
  app.get(`${base}/thumbnail/:serverName/:mediaId`, authenticated(thumbnail))
  // Clients from before version 1.11 can use these with their access token; without one they are frozen.
  for (const version of ['v3', 'r0', 'v1']) {
    const old = `/_matrix/media/${version}`
    app.get(`${old}/download/:serverName/:mediaId`, frozen(download))
    app.get(`${old}/download/:serverName/:mediaId/:fileName`, frozen(download))
    app.get(`${old}/thumbnail/:serverName/:mediaId`, frozen(thumbnail))
  }

  function authenticated(handler: (c: Context) => Promise<Response>) {
    return (c: Context): Promise<Response> => {
      readSession(c)
      return handler(c)
    }
  }

  function frozen(handler: (c: Context) => Promise<Response>) {
    return (c: Context): Promise<Response> => {
      try {
        session(c)
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error
        throw notFound('Files are served at /_matrix/client/v1/media, with an access token')
      }
      return handler(c)
    }
  }

  function open(c: Context, range: ByteRange | undefined): Promise<OpenMedia> {
    const timeout = c.req.query('timeout_ms')
    return withMediaErrors(() =>
      media.open(mxcOfPath(c), {
        range,
        allowRemote: c.req.query('allow_remote') !== 'false',
        signal: c.req.raw.signal,
        ...(timeout !== undefined && /^[0-9]{1,9}$/.test(timeout) ? { timeoutMs: Number(timeout) } : {}),
      }),
    )
  }
}

function respond(c: Context, found: OpenMedia, filename: string | undefined): Response {
  const headers = safeHeaders(found, filename ?? found.filename)
  if (c.req.header('if-none-match') === etagOf(found)) {
    const { 'Content-Length': _length, ...rest } = headers
    return new Response(null, { status: 304, headers: rest })
  }
  return new Response(found.stream, { status: found.range === undefined ? 200 : 206, headers })
}

/** One range of bytes; anything else is answered with the whole file, as RFC 9110 (section 14.2) allows. */
function rangeOf(c: Context): ByteRange | undefined {
  if (c.req.header('if-range') !== undefined) return undefined
  const match = /^bytes=(?:([0-9]{1,15})-([0-9]{1,15})?|-([1-9][0-9]{0,14}))$/.exec(
    c.req.header('range') ?? '',
  )
  if (match === null) return undefined
  if (match[3] !== undefined) return { start: -Number(match[3]) }
  const start = Number(match[1])
  if (match[2] === undefined) return { start }
  const end = Number(match[2])
  return end < start ? undefined : { start, end }
}
