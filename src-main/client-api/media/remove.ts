import type { Hono } from 'hono'
import { mxcOfPath, withMediaErrors } from './deps.ts'
import type { MediaRouteDeps } from './deps.ts'

/** DELETE /_hearth/v1/media/{serverName}/{mediaId}: a file that oneself uploaded goes from the disk. */
export function registerRemove(app: Hono, { media, session }: MediaRouteDeps): void {
  app.delete('/_hearth/v1/media/:serverName/:mediaId', async (c) => {
    const { userId } = session(c)
    const mxc = mxcOfPath(c)
    await withMediaErrors(() => media.remove(mxc, userId))
    return c.json({})
  })
}
