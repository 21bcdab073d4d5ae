import { use, useEffect, useState } from 'react'
import { linkify } from '../model/text.ts'
import { useServices } from '../model/use-client.ts'
import { PictureContext } from './avatar.tsx'
import css from './link-preview.module.css'

type Preview = NonNullable<Awaited<ReturnType<ReturnType<typeof useServices>['client']['linkPreview']>>>

const MOST = 2

/** Cards for the first web addresses of a message, as the node previews them. */
export function LinkPreviews({ text }: { text: string }) {
  const urls = webAddresses(text)
  return urls.map((url) => <LinkPreviewCard key={url} url={url} />)
}

export function webAddresses(text: string): string[] {
  if (!text.includes('http') && !text.includes('www.')) return []
  const hrefs = linkify(text.slice(0, 10_000)).flatMap((part) => (part.kind === 'link' ? [part.href] : []))
  return [...new Set(hrefs)]
    .filter((href) => /^https?:/u.test(href) && !/^https?:\/\/matrix\.to\//u.test(href))
    .slice(0, MOST)
}

/** Takes no place until there is something to show. */
function LinkPreviewCard({ url }: { url: string }) {
  const { client, bridge } = useServices()
  const [preview, setPreview] = useState<Preview>()
  useEffect(() => {
    let current = true
    client
      .linkPreview(url)
      .then((found) => current && setPreview(found))
      .catch((error: unknown) => console.warn('A link could not be previewed', error))
    return () => {
      current = false
    }
  }, [client, url])
  if (preview === undefined) return null
  return (
    <a
      className={css.card}
      href={url}
      rel="noreferrer noopener"
      onClick={(event) => {
        event.preventDefault()
        bridge.openExternal(url)
      }}
    >
      <span className={css.words}>
        <span className={css.site}>{preview.site}</span>
        <span className={css.title}>{preview.title}</span>
        {preview.description !== '' && <span className={css.description}>{preview.description}</span>}
      </span>
      {preview.imageMxc !== undefined && <PreviewPicture mxc={preview.imageMxc} />}
    </a>
  )
}

function PreviewPicture({ mxc }: { mxc: string }) {
  const load = use(PictureContext)
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    if (load === undefined) return
    let current = true
    load(mxc, 176)
      .then((found) => current && setUrl(found))
      .catch((error: unknown) => console.warn('The picture of a link could not be shown', error))
    return () => {
      current = false
    }
  }, [load, mxc])
  return (
    <span className={css.picture}>{url !== undefined && <img src={url} alt="" draggable={false} />}</span>
  )
}
