import { logger, type Logger } from 'matrix-js-sdk/lib/logger.js'

const ERRORS_ONLY = 4

// Parts of the SDK speak through its global logger, which warns at each start of what is no fault.
if ('setLevel' in logger && typeof logger.setLevel === 'function') logger.setLevel(ERRORS_ONLY, false)

/** The SDK tells every request; only what went wrong is worth the console. */
export const quietSdkLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (...message: unknown[]) => console.warn(...message),
  error: (...message: unknown[]) => console.error(...message),
  getChild: () => quietSdkLogger,
}
