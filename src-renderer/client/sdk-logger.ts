import type { Logger } from 'matrix-js-sdk/lib/logger.js'

/** The SDK tells every request; only what went wrong is worth the console. */
export const quietSdkLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (...message: unknown[]) => console.warn(...message),
  error: (...message: unknown[]) => console.error(...message),
  getChild: () => quietSdkLogger,
}
