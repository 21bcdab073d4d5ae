import { isPictureBytes } from '../model/file-types.ts'
import { readStart } from '../model/media-bytes.ts'
import { useLoaded } from './use-loaded.ts'
import { useMediaUrl } from './use-media.ts'

const HEAD_BYTES = 64

/**
 * Looks at the first bytes of a file before the original is drawn: whatever the sender and their server call
 * it, only pixels are. `loading` also while there is nothing to look at.
 */
export function usePictureCheck(
  mxc: string | undefined,
  attempt: number,
): 'loading' | 'picture' | 'no picture' | 'failed' {
  const { url } = useMediaUrl(mxc)
  const loaded = useLoaded(url, attempt, beginsAsPicture)
  if (mxc === undefined) return 'loading'
  if (loaded.state !== 'ready') return loaded.state
  return loaded.value ? 'picture' : 'no picture'
}

async function beginsAsPicture(url: string, signal: AbortSignal): Promise<boolean> {
  const { bytes } = await readStart(url, HEAD_BYTES, signal)
  return isPictureBytes(bytes)
}
