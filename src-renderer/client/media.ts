import { MatrixError, type MatrixClient } from 'matrix-js-sdk'
import type { MediaKey } from './media-key.ts'
import { writable } from './readable.ts'
import type { Readable } from './types.ts'

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

/** What a node without media keys serves is held in memory: no film is. */
const MOST_HELD = 30 * 1024 * 1024

/**
 * Media need the access token (authenticated media), which `<img src>` cannot send: a node of this kind gives a
 * key for the address. From others they are fetched and handed out as object URLs, each address once.
 */
export function createMedia(
  sdk: MatrixClient,
  clientUrl: string,
  accessToken: string,
  mediaKey: Pick<MediaKey, 'key'>,
) {
  const cache = new Map<string, Promise<string | undefined>>()
  const held = new Map<string, string | undefined>()
  const version = writable(0)
  mediaKey.key.subscribe(() => version.set(version.get() + 1))
  const base = `${clientUrl}/_matrix/client/v1/media`
  const headers = { authorization: `Bearer ${accessToken}` }

  /** `server/id` of an address, as it goes into a path. */
  function pathOf(mxc: string): string | undefined {
    const match = MXC.exec(mxc)
    if (match === null) return undefined
    return `${encodeURIComponent(match[1] ?? '')}/${encodeURIComponent(match[2] ?? '')}`
  }

  function address(path: string, query: Record<string, string>): string | undefined {
    const key = mediaKey.key.get()
    if (key === undefined) return undefined
    if (key !== null) {
      return `${base}/${path}?${new URLSearchParams({ ...query, hearth_media_key: key }).toString()}`
    }
    const plain = `${base}/${path}?${new URLSearchParams(query).toString()}`
    if (!held.has(plain)) hold(plain)
    return held.get(plain)
  }

  function hold(plain: string): void {
    held.set(plain, undefined)
    fetchBounded(plain, MOST_HELD)
      .then((blob) => {
        held.set(plain, URL.createObjectURL(blob))
        version.set(version.get() + 1)
      })
      .catch((error: unknown) => console.warn('A file could not be shown', error))
  }

  async function fetchBounded(url: string, maxBytes: number, signal?: AbortSignal): Promise<Blob> {
    const response = await fetch(url, { headers, ...(signal === undefined ? {} : { signal }) })
    if (!response.ok || response.body === null) {
      throw new Error(
        response.status === 404 ? 'This file is not here any more.' : 'This file could not be loaded.',
      )
    }
    const tooLarge = new Error('This file is too large for that.')
    if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
      await response.body.cancel()
      throw tooLarge
    }
    const parts: Uint8Array<ArrayBuffer>[] = []
    let bytes = 0
    for await (const part of response.body) {
      bytes += part.byteLength
      // Leaving the loop cancels the body.
      if (bytes > maxBytes) throw tooLarge
      parts.push(part)
    }
    return new Blob(parts, { type: response.headers.get('content-type') ?? '' })
  }

  async function fetchPicture(mxc: string, size: number): Promise<string | undefined> {
    const media = pathOf(mxc)
    if (media === undefined) return undefined
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
    /** Grows when `mediaUrl` and `thumbnailUrl` may say something else than before. */
    mediaVersion: version as Readable<number>,
    /**
     * Address of a file for `<img>`, `<video>`, `<audio>` or a download; supports Range. Undefined for what is no
     * `mxc:` address, and until the node has given the key for it.
     */
    mediaUrl: (mxc: string): string | undefined => {
      const path = pathOf(mxc)
      return path === undefined ? undefined : address(`download/${path}`, {})
    },
    /** Address of a thumbnail that fits into, or with `crop` fills, these CSS pixels. */
    thumbnailUrl: (
      mxc: string,
      width: number,
      height: number,
      method: 'scale' | 'crop' = 'scale',
    ): string | undefined => {
      const path = pathOf(mxc)
      const ratio = Math.min(globalThis.devicePixelRatio || 1, 2)
      const pixels = (css: number): string => String(Math.max(1, Math.round(css * ratio)))
      return path === undefined
        ? undefined
        : address(`thumbnail/${path}`, {
            width: pixels(width),
            height: pixels(height),
            method,
            animated: 'true',
          })
    },
    /** The bytes of a file, refused over `maxBytes`. */
    fetchMedia: (mxc: string, maxBytes: number, signal?: AbortSignal): Promise<Blob> => {
      const path = pathOf(mxc)
      if (path === undefined) return Promise.reject(new Error('This is no address of a file.'))
      return fetchBounded(`${base}/download/${path}`, maxBytes, signal)
    },
    upload: async (file: Blob, name: string): Promise<string> => {
      const answer = await sdk.uploadContent(file, { name, type: file.type })
      return answer.content_uri
    },
    dispose(): void {
      for (const entry of cache.values()) {
        void entry.then((url) => url !== undefined && URL.revokeObjectURL(url))
      }
      cache.clear()
      for (const url of held.values()) if (url !== undefined) URL.revokeObjectURL(url)
      held.clear()
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
