import type { Logger } from 'matrix-js-sdk/lib/logger.js'

/** The SDK completes the server's push rules at each start and warns of it; that is no fault of anybody. */
const ORDINARY = /default global (?:override|underride) push rule/u

/** The SDK tells every request; only what went wrong is worth the console. */
export const quietSdkLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (...message: unknown[]) => {
    if (!ORDINARY.test(String(message[0]))) console.warn(...message)
  },
  error: (...message: unknown[]) => console.error(...message),
  getChild: () => quietSdkLogger,
}
