import { asServerName } from '../core/ids.ts'
import type { Mxc } from './ports.ts'

/** `mxc://` URIs (client-server, "Content repository", security considerations): nothing that could be a path. */
export function parseMxc(uri: string): Mxc | undefined {
  const match = /^mxc:\/\/([^/]+)\/([^/]+)$/.exec(uri)
  return match?.[1] === undefined || match[2] === undefined ? undefined : mxcOf(match[1], match[2])
}

export function mxcOf(origin: string, mediaId: string): Mxc | undefined {
  const server = asServerName(origin)
  return server === undefined || !/^[A-Za-z0-9_-]{1,255}$/.test(mediaId)
    ? undefined
    : { origin: server, mediaId }
}

export function formatMxc({ origin, mediaId }: Mxc): string {
  return `mxc://${origin}/${mediaId}`
}
