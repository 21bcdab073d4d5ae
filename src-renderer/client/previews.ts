import { MatrixError, Method, type MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'

export interface LinkPreview {
  readonly url: string
  readonly title: string
  readonly description: string
  readonly site: string
  readonly imageMxc: string | undefined
  /** Width through height of the picture, where it is known. */
  readonly imageRatio: number | undefined
}

const text = (longest: number) =>
  z
    .string()
    .catch('')
    .transform((value) => value.replaceAll(/\s+/gu, ' ').trim().slice(0, longest))

const answerSchema = z.object({
  'og:title': text(200).optional(),
  'og:description': text(400).optional(),
  'og:site_name': text(80).optional(),
  'og:image': z.string().startsWith('mxc://').optional().catch(undefined),
  'og:image:width': z.coerce.number().positive().optional().catch(undefined),
  'og:image:height': z.coerce.number().positive().optional().catch(undefined),
})

const MOST_CACHED = 300

/** GET /media/preview_url: the own node looks, so the other side learns nothing of this computer but its address. */
export function createPreviews(sdk: MatrixClient) {
  const cache = new Map<string, Promise<LinkPreview | undefined>>()
  let switchedOff = false

  async function ask(url: string): Promise<LinkPreview | undefined> {
    try {
      const answer = await sdk.http.authedRequest<unknown>(
        Method.Get,
        '/media/preview_url',
        { url },
        undefined,
        { prefix: '/_matrix/client/v1' },
      )
      const parsed = answerSchema.safeParse(answer)
      if (!parsed.success) return undefined
      const og = parsed.data
      const title = og['og:title'] ?? ''
      const description = og['og:description'] ?? ''
      if (title === '' && description === '' && og['og:image'] === undefined) return undefined
      const [width, height] = [og['og:image:width'], og['og:image:height']]
      return {
        url,
        title: title === '' ? url : title,
        description,
        site: og['og:site_name'] ?? new URL(url).hostname,
        imageMxc: og['og:image'],
        imageRatio: width === undefined || height === undefined ? undefined : width / height,
      }
    } catch (error) {
      // Refused as such: the owner has turned previews off, or the node has none. Asking on would be noise.
      if (error instanceof MatrixError && error.errcode === 'M_FORBIDDEN') switchedOff = true
      return undefined
    }
  }

  return {
    /** Undefined where there is nothing to show. Each address is asked for once. */
    linkPreview(url: string): Promise<LinkPreview | undefined> {
      if (switchedOff) return Promise.resolve(undefined)
      const known = cache.get(url)
      if (known !== undefined) return known
      const asked = ask(url)
      cache.set(url, asked)
      const oldest = cache.keys().next().value
      if (cache.size > MOST_CACHED && oldest !== undefined) cache.delete(oldest)
      return asked
    },
    /** The setting was changed. */
    previewsChanged(): void {
      switchedOff = false
      cache.clear()
    },
  }
}
