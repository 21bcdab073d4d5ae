import { Readable } from 'node:stream'
import type { Context, Hono } from 'hono'
import { MatrixError } from '../../http/errors.ts'
import type { UploadDetails } from '../../media/ports.ts'
import { mxcOfPath, withMediaErrors } from './deps.ts'
import type { MediaRouteDeps } from './deps.ts'

/** POST /upload, and POST /create with PUT /upload/{serverName}/{mediaId} for uploads in two steps. */
export function registerUpload(app: Hono, { media, session }: MediaRouteDeps): void {
  app.post('/_matrix/media/v3/upload', async (c) => {
    const { userId } = session(c)
    const uri = await withMediaErrors(() => media.upload(bodyOf(c), detailsOf(c, userId)))
    return c.json({ content_uri: uri })
  })

  app.post('/_matrix/media/v1/create', async (c) => {
    const { userId } = session(c)
    const { uri, expiresTs } = await withMediaErrors(() => media.create(userId))
    return c.json({ content_uri: uri, unused_expires_at: expiresTs })
  })

  app.put('/_matrix/media/v3/upload/:serverName/:mediaId', async (c) => {
    const { userId } = session(c)
    const mxc = mxcOfPath(c)
    await withMediaErrors(() => media.uploadTo(mxc, bodyOf(c), detailsOf(c, userId)))
    return c.json({})
  })

  /** A file that says at once that it is too large is not read at all. */
  function bodyOf(c: Context): AsyncIterable<Uint8Array> {
    const declared = Number(c.req.header('content-length') ?? 0)
    if (media.maxUploadSize !== undefined && declared > media.maxUploadSize) {
      throw new MatrixError(413, 'M_TOO_LARGE', `The file is larger than ${media.maxUploadSize} bytes`)
    }
    // From a socket the short way, without web streams. It stays open: an answer may still go there.
    const incoming = (c.env as { incoming?: unknown } | undefined)?.incoming
    if (incoming instanceof Readable) return incoming.iterator({ destroyOnReturn: false })
    const body = c.req.raw.body
    // Node's streams can be iterated; the DOM's type does not say so.
    return body === null ? nothing() : (body as unknown as AsyncIterable<Uint8Array>)
  }
}

function detailsOf(c: Context, userId: UploadDetails['userId']): UploadDetails {
  return { userId, contentType: c.req.header('content-type'), filename: c.req.query('filename') }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
