import type { Register } from '../context.ts'

/** GET /_hearth/v1/media-key, for every session: the key for media URLs in `<img>` and `<video>`. */
export const registerMediaKey: Register = (app, ctx) => {
  app.get('/_hearth/v1/media-key', (c) => {
    ctx.session(c)
    const { key, expiresTs } = ctx.mediaKeys.keyOf(c)
    return c.json({ key, expires_ts: expiresTs }, 200, { 'cache-control': 'no-store' })
  })
}
