import type { MatrixClient } from 'matrix-js-sdk'

/** How large a file may be, by `m.upload.size` of `GET /_matrix/client/v1/media/config`. */
export function createUploadLimit(sdk: MatrixClient) {
  let asked: Promise<number | undefined> | undefined
  return {
    /** Bytes; undefined where there is no limit, or none is known. Never rejects. */
    uploadLimit: (): Promise<number | undefined> => {
      asked ??= sdk
        .getMediaConfig(true)
        .then((config) => {
          const size: unknown = config['m.upload.size']
          return typeof size === 'number' && size >= 0 ? size : undefined
        })
        .catch((error: unknown) => {
          console.warn('The largest size of files could not be asked for', error)
          asked = undefined
          return undefined
        })
      return asked
    },
  }
}
