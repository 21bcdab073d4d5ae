import type { FileInfo } from './file-content.ts'
import { readFileInfo } from './file-info.ts'
import type { OutboxOptions } from './outbox.ts'
import type { Session } from './types.ts'
import { createUploadStore, type UploadStore } from './upload-store.ts'
import { createUploadTransport, type UploadTransport } from './upload-transport.ts'

/** What the client layer uses of the browser, besides requests. */
export interface BrowserParts {
  readonly storage: OutboxOptions['storage']
  readonly uploadStore: UploadStore
  readonly uploadTransport: UploadTransport
  readonly readFileInfo: (file: File) => Promise<FileInfo>
}

export const browserParts = (session: Session): BrowserParts => ({
  storage: localStorage,
  uploadStore: createUploadStore(session.userId),
  uploadTransport: createUploadTransport(session.clientUrl, session.accessToken),
  readFileInfo,
})

export const newTxnId = (): string => `hearth-${crypto.randomUUID()}`

/** A pause that can be cut short. */
export function cancellableWait(ms: number): { promise: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  return {
    promise,
    cancel: () => {
      clearTimeout(timer)
      resolve()
    },
  }
}
