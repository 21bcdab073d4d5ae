import { MatrixError, type MatrixClient } from 'matrix-js-sdk'

const MXC = /^mxc:\/\/([^/?#]+)\/([^/?#]+)$/

/** Only what a browser draws as a plain picture; SVG can carry script and is never shown. */
const PICTURE_TYPES = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
])

/**
 * Pictures need the access token (authenticated media), which `<img src>` cannot send: they are fetched and
 * handed out as object URLs, each address once.
 */
export function createMedia(sdk: MatrixClient, clientUrl: string, accessToken: string) {
  const cache = new Map<string, Promise<string | undefined>>()

  async function fetchPicture(mxc: string, size: number): Promise<string | undefined> {
    const match = MXC.exec(mxc)
    if (match === null) return undefined
    const media = `${encodeURIComponent(match[1] ?? '')}/${encodeURIComponent(match[2] ?? '')}`
    const headers = { authorization: `Bearer ${accessToken}` }
    const base = `${clientUrl}/_matrix/client/v1/media`
    for (const address of [
      `${base}/thumbnail/${media}?width=${size}&height=${size}&method=crop`,
      `${base}/download/${media}`,
    ]) {
      const response = await fetch(address, { headers }).catch(() => undefined)
      if (response?.ok !== true) continue
      const blob = await response.blob()
      if (PICTURE_TYPES.has(blob.type.split(';')[0] ?? '')) return URL.createObjectURL(blob)
    }
    return undefined
  }

  return {
    /** Object URL of a square picture of about `size` pixels; undefined when there is none to show. */
    picture: (mxc: string, size: number): Promise<string | undefined> => {
      const key = `${size} ${mxc}`
      const known = cache.get(key)
      if (known !== undefined) return known
      const started = fetchPicture(mxc, size).then((url) => {
        // A failure is not remembered for ever: the other server may be back later.
        if (url === undefined) setTimeout(() => cache.delete(key), 30_000)
        return url
      })
      cache.set(key, started)
      return started
    },
    async upload(file: Blob, name: string): Promise<string> {
      const answer = await sdk.uploadContent(file, { name, type: file.type })
      return answer.content_uri
    },
    dispose(): void {
      for (const entry of cache.values()) {
        void entry.then((url) => url !== undefined && URL.revokeObjectURL(url))
      }
      cache.clear()
    },
  }
}

/** People are not shown key names; who is meant, the place of the sentence says. */
function withoutKeyNames(sentence: string): string {
  return sentence.replace(/(?:@[^\s:]+:)?[a-z2-7]{56}\.local/gu, 'their computer')
}

/** The sentence of a Matrix error, or a plain one. */
export function describeError(error: unknown): string {
  if (error instanceof MatrixError) {
    const sentence: unknown = error.data['error']
    return typeof sentence === 'string' && sentence !== ''
      ? withoutKeyNames(sentence)
      : `Hearth refused this (${error.errcode ?? 'unknown'}).`
  }
  if (error instanceof Error && error.name === 'ConnectionError')
    return 'Hearth does not answer. Is it still running?'
  return error instanceof Error ? error.message : 'Something went wrong.'
}
