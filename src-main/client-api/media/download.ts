import type { Context, Hono } from 'hono'
import { withDirectBody } from '../../http/direct-body.ts'
import { invalidParam, MatrixError, notFound } from '../../http/errors.ts'
import type { ByteRange, OpenMedia, OpenOptions, ThumbnailRequest } from '../../media/ports.ts'
import { mxcOfPath, withMediaErrors } from './deps.ts'
import type { MediaRouteDeps } from './deps.ts'
import { etagOf, safeHeaders } from './headers.ts'

/** GET /media/download and /media/thumbnail, with the frozen unauthenticated paths. */
export function registerDownload(app: Hono, { media, session, readSession }: MediaRouteDeps): void {
  const download = async (c: Context): Promise<Response> => {
    const options = optionsOf(c)
    const range = rangeOf(c)
    const found = await withMediaErrors(() => media.open(mxcOfPath(c), { ...options, range }))
    const condition = c.req.header('if-range')
    if (range === undefined || condition === undefined || condition === etagOf(found)) {
      return respond(c, found, c.req.param('fileName'))
    }
    // The part is wanted only of another file than this one; so this one is sent whole (RFC 9110, section 13.1.5).
    await found.stream.cancel()
    return respond(c, await withMediaErrors(() => media.open(mxcOfPath(c), options)), c.req.param('fileName'))
  }

  const thumbnail = async (c: Context): Promise<Response> => {
    const wanted = thumbnailOf((name) => c.req.query(name))
    return respond(c, await withMediaErrors(() => media.thumbnail(mxcOfPath(c), wanted, optionsOf(c))))
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
}

function optionsOf(c: Context): OpenOptions {
  const timeout = c.req.query('timeout_ms')
  return {
    allowRemote: c.req.query('allow_remote') !== 'false',
    signal: c.req.raw.signal,
    ...(timeout !== undefined && /^[0-9]{1,9}$/.test(timeout) ? { timeoutMs: Number(timeout) } : {}),
  }
}

/** The parameters of a thumbnail; throws M_INVALID_PARAM. */
function thumbnailOf(query: (name: string) => string | undefined): ThumbnailRequest {
  const size = (name: string): number => {
    const value = query(name) ?? ''
    if (/^[1-9][0-9]{0,5}$/.test(value)) return Number(value)
    throw invalidParam(`${name} must be a positive whole number`)
  }
  const method = query('method') ?? 'scale'
  if (method !== 'scale' && method !== 'crop') throw invalidParam('method must be scale or crop')
  return { width: size('width'), height: size('height'), method, animated: query('animated') === 'true' }
}

function respond(c: Context, found: OpenMedia, filename?: string): Response {
  const headers = safeHeaders(found, filename ?? found.filename)
  if (isKnown(c.req.header('if-none-match'), etagOf(found))) {
    const { 'Content-Length': _length, 'Content-Range': _range, ...rest } = headers
    return new Response(null, { status: 304, headers: rest })
  }
  const status = found.range === undefined ? 200 : 206
  return withDirectBody(new Response(found.stream, { status, headers }), found.send)
}

/** RFC 9110, section 13.1.2. */
function isKnown(condition: string | undefined, etag: string | undefined): boolean {
  if (condition === undefined || etag === undefined) return false
  return condition.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag)
}

/** One range of bytes; anything else is answered with the whole file, as RFC 9110 (section 14.2) allows. */
function rangeOf(c: Context): ByteRange | undefined {
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
