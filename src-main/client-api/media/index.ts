import type { Hono } from 'hono'
import { registerMediaConfig } from './config.ts'
import type { MediaRouteDeps } from './deps.ts'
import { registerDownload } from './download.ts'
import { registerRemove } from './remove.ts'
import { registerUpload } from './upload.ts'

export type { MediaRouteDeps } from './deps.ts'

/** The content repository's endpoints. Errors are thrown as `MatrixError`, for the app's `onError`. */
export function registerMediaRoutes(app: Hono, deps: MediaRouteDeps): void {
  registerUpload(app, deps)
  registerDownload(app, deps)
  registerMediaConfig(app, deps)
  registerRemove(app, deps)
}
