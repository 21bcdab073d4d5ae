import type { ServerName } from '../../core/types.ts'
import type { RemoteAnswer, RemoteWanted } from '../../media/ports.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { mediaRangeHeaders } from '../media-range.ts'
import type { Connections } from './connections.ts'
import { openMultipart } from './multipart.ts'
import type { SignedClient } from './signed-client.ts'

/** The stream is to be read, or left by `return`; it ends with an error when the answer was cut short. */
export type MediaDownload = (
  server: ServerName,
  mediaId: string,
  wanted?: RemoteWanted,
) => Promise<RemoteAnswer>

/** For the first byte. How long the rest takes is the file's affair; who waits for it has a limit of its own. */
const TIMEOUT_MS = 60_000
/** Of a whole file; what is not here by then is continued. */
const LONGEST_MS = 24 * 60 * 60_000

/** `GET /_matrix/federation/v1/media/download/{mediaId}`. Rejects with `RemoteError`. */
export function createMediaDownload(deps: { client: SignedClient; connections: Connections }): MediaDownload {
  return async (server, mediaId, { start = 0, end, sha256, signal } = {}) => {
    const isPart = sha256 !== undefined && (start > 0 || end !== undefined)
    const answer = await deps.client.open(server, {
      method: 'GET',
      path: `/_matrix/federation/v1/media/download/${encodeURIComponent(mediaId)}`,
      timeoutMs: LONGEST_MS,
      headersTimeoutMs: TIMEOUT_MS,
      signal,
      ...(isPart ? { headers: mediaRangeHeaders({ start, end }, sha256) } : {}),
    })
    const type = answer.headers['content-type']
    const close = (): void => {
      answer.body.on('error', () => undefined).destroy()
    }
    try {
      const part = await openMultipart(answer.body, Array.isArray(type) ? (type[0] ?? '') : (type ?? ''))
      const location = part.headers.get('location')
      if (location === undefined) {
        return {
          stream: part.body,
          close,
          contentType: part.headers.get('content-type'),
          filename: filenameOf(part.headers.get('content-disposition')),
          ...placeOf(part.headers),
        }
      }
      close()
      return await follow(deps.connections, location, signal)
    } catch (error) {
      close()
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

/** Which part of which file it is, as Hearth nodes say. */
function placeOf(headers: ReadonlyMap<string, string>): Pick<RemoteAnswer, 'start' | 'size' | 'sha256'> {
  const sha256 = /^"([0-9a-f]{64})"$/.exec(headers.get('etag') ?? '')?.[1]
  const length = /^[0-9]{1,15}$/.exec(headers.get('content-length') ?? '')?.[0]
  const range = /^bytes ([0-9]{1,15})-[0-9]{1,15}\/([0-9]{1,15})$/.exec(headers.get('content-range') ?? '')
  if (range !== null) return { start: Number(range[1]), size: Number(range[2]), sha256 }
  return { size: length === undefined ? undefined : Number(length), sha256 }
}

/** The media is elsewhere, as the second part's `Location` may say: https at a public address, and no further. */
async function follow(
  connections: Connections,
  location: string,
  signal: AbortSignal | undefined,
): Promise<RemoteAnswer> {
  const url = new URL(location)
  if (url.protocol !== 'https:') throw new Error('its Location is not https')
  const client = connections.webClient(url)
  const deadline = AbortSignal.timeout(LONGEST_MS)
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
    close: () => {
      answer.body.on('error', () => undefined).destroy()
    },
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
