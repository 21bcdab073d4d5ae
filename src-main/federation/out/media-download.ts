import { Readable } from 'node:stream'
import type { ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import type { Connections } from './connections.ts'
import { openMultipart } from './multipart.ts'
import type { SignedClient } from './signed-client.ts'

export interface RemoteMedia {
  /** To be consumed or destroyed. It ends with an error when the answer was cut short. */
  readonly stream: Readable
  readonly contentType: string | undefined
  readonly filename: string | undefined
}

export type MediaDownload = (
  server: ServerName,
  mediaId: string,
  signal?: AbortSignal,
) => Promise<RemoteMedia>

const TIMEOUT_MS = 60 * 60_000

/** `GET /_matrix/federation/v1/media/download/{mediaId}`. Rejects with `RemoteError`. */
export function createMediaDownload(deps: { client: SignedClient; connections: Connections }): MediaDownload {
  return async (server, mediaId, signal) => {
    const answer = await deps.client.open(server, {
      method: 'GET',
      path: `/_matrix/federation/v1/media/download/${encodeURIComponent(mediaId)}`,
      timeoutMs: TIMEOUT_MS,
      signal,
    })
    const type = answer.headers['content-type']
    try {
      const part = await openMultipart(answer.body, Array.isArray(type) ? (type[0] ?? '') : (type ?? ''))
      const location = part.headers.get('location')
      if (location === undefined) {
        return {
          stream: part.body,
          contentType: part.headers.get('content-type'),
          filename: filenameOf(part.headers.get('content-disposition')),
        }
      }
      part.body.destroy()
      return await follow(deps.connections, location, signal)
    } catch (error) {
      answer.body.on('error', () => undefined).destroy()
      if (error instanceof RemoteError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new RemoteError(server, `The media answer of ${server} is not usable: ${reason}`, {
        status: 200,
        retryable: false,
        cause: error,
      })
    }
  }
}

/** The media is elsewhere, as the second part's `Location` may say: https at a public address, and no further. */
async function follow(
  connections: Connections,
  location: string,
  signal: AbortSignal | undefined,
): Promise<RemoteMedia> {
  const url = new URL(location)
  if (url.protocol !== 'https:') throw new Error('its Location is not https')
  const client = connections.webClient(url)
  const deadline = AbortSignal.timeout(TIMEOUT_MS)
  const answer = await client.request({
    method: 'GET',
    path: url.pathname + url.search,
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
  })
  answer.body.on('close', () => {
    client.destroy().catch(() => undefined)
  })
  if (answer.statusCode !== 200) {
    answer.body.on('error', () => undefined).destroy()
    throw new Error(`its Location answered ${answer.statusCode}`)
  }
  const one = (name: string): string | undefined => {
    const value = answer.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  return {
    stream: answer.body,
    contentType: one('content-type'),
    filename: filenameOf(one('content-disposition')),
  }
}

/** RFC 6266: `filename*` in UTF-8, else `filename`. */
export function filenameOf(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1]
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended)
    } catch {
      return undefined
    }
  }
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1]
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1')
  return /;\s*filename\s*=\s*([^;\s"]+)/i.exec(disposition)?.[1]
}
