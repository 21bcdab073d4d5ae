import { MatrixError, missingParam } from '../http/errors.ts'
import type { Register } from './context.ts'
import { rates } from './rate-limit.ts'

/**
 * GET /media/preview_url: what the page behind a link says of itself. M_FORBIDDEN means that the owner
 * has turned previews off. `ts` asks for how the page was at a time; it is as it is now.
 */
export const registerPreviewUrl: Register = (app, ctx) => {
  const { previews } = ctx
  if (previews === undefined) return
  const paths = [
    '/_matrix/client/v1/media/preview_url',
    '/_matrix/media/v3/preview_url',
    '/_matrix/media/r0/preview_url',
  ]
  for (const path of paths) {
    app.get(path, async (c) => {
      const { userId } = ctx.session(c)
      const url = c.req.query('url')
      if (url === undefined || url === '') throw missingParam('`url` is missing')
      ctx.limiter.take(rates.preview, userId)
      const result = await previews.preview(url)
      if (result.ok) return c.json(result.preview)
      switch (result.reason) {
        case 'off':
          throw new MatrixError(403, 'M_FORBIDDEN', result.words)
        case 'wrong':
          throw new MatrixError(400, 'M_INVALID_PARAM', result.words)
        case 'busy':
          throw new MatrixError(429, 'M_LIMIT_EXCEEDED', result.words, { retry_after_ms: 2_000 })
        case 'failed':
          throw new MatrixError(502, 'M_UNKNOWN', result.words)
      }
    })
  }
}
