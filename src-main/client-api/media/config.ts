import type { Hono } from 'hono'
import type { MediaRouteDeps } from './deps.ts'

/** GET /media/config; no `m.upload.size` where only the disk sets a limit. */
export function registerMediaConfig(app: Hono, { media, session }: MediaRouteDeps): void {
  for (const path of [
    '/_matrix/client/v1/media/config',
    '/_matrix/media/v3/config',
    '/_matrix/media/r0/config',
  ]) {
    app.get(path, (c) => {
      session(c)
      return c.json(media.maxUploadSize === undefined ? {} : { 'm.upload.size': media.maxUploadSize })
    })
  }
}
