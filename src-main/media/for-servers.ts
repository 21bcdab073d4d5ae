import type { ServerName } from '../core/types.ts'
import { mxcOf } from './mxc.ts'
import { MediaError } from './ports.ts'
import type { ByteRange, Media, OpenMedia, ThumbnailRequest } from './ports.ts'

/** A file as `federation/in` serves it. */
export type ServedMedia = Omit<OpenMedia, 'stream'> & { readonly stream: ReadableStream<Uint8Array> }

/** Our own media for other servers; never what we fetched from others. Undefined where there is none. */
export function mediaForServers(media: Media, serverName: ServerName) {
  const own = async (
    mediaId: string,
    open: (mxc: NonNullable<ReturnType<typeof mxcOf>>) => Promise<OpenMedia>,
  ): Promise<ServedMedia | undefined> => {
    const mxc = mxcOf(serverName, mediaId)
    if (mxc === undefined) return undefined
    try {
      return await open(mxc)
    } catch (error) {
      if (error instanceof MediaError) return undefined
      throw error
    }
  }
  return {
    open: (mediaId: string, options: { range?: ByteRange | undefined; timeoutMs?: number } = {}) =>
      own(mediaId, (mxc) => media.open(mxc, { ...options, allowRemote: false })),
    thumbnail: (mediaId: string, wanted: ThumbnailRequest, options: { timeoutMs?: number } = {}) =>
      own(mediaId, (mxc) => media.thumbnail(mxc, wanted, { ...options, allowRemote: false })),
  }
}
