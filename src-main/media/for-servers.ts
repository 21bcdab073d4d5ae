import type { ServerName } from '../core/types.ts'
import { mxcOf } from './mxc.ts'
import { MediaError } from './ports.ts'
import type { ByteRange, Media, Mxc, OpenMedia, ThumbnailRequest } from './ports.ts'

/** Our own media for other servers; never what we fetched from others. Undefined where there is none. */
export function mediaForServers(media: Media, serverName: ServerName) {
  const own = async (
    mediaId: string,
    open: (mxc: Mxc) => Promise<OpenMedia>,
  ): Promise<OpenMedia | undefined> => {
    const mxc = mxcOf(serverName, mediaId)
    if (mxc === undefined) return undefined
    try {
      return await open(mxc)
    } catch (error) {
      if (error instanceof MediaError && !isNoImage(error)) return undefined
      throw error
    }
  }
  return {
    open: (mediaId: string, options: { range?: ByteRange | undefined; timeoutMs?: number } = {}) =>
      own(mediaId, (mxc) => media.open(mxc, { ...options, allowRemote: false })),
    async thumbnail(mediaId: string, wanted: ThumbnailRequest, options: { timeoutMs?: number } = {}) {
      const open = (mxc: Mxc): Promise<OpenMedia> =>
        media.thumbnail(mxc, wanted, { ...options, allowRemote: false })
      try {
        return await own(mediaId, open)
      } catch (error) {
        if (error instanceof MediaError && isNoImage(error)) return 'no-thumbnail'
        throw error
      }
    },
  }
}

const isNoImage = ({ problem }: MediaError): boolean =>
  problem === 'no-thumbnail' || problem === 'too-large-for-thumbnail'
