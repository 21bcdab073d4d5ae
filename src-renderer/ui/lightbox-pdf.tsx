import { FileText } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { FileInfo } from '../model/files.ts'
import css from './lightbox.module.css'
import { MediaTrouble } from './media-trouble.tsx'
import { PdfPage } from './pdf-page.tsx'
import { Spinner } from './spinner.tsx'
import { useMediaUrl } from './use-media.ts'
import { usePdf } from './use-pdf.ts'

const WIDEST = 900

/** All pages of a PDF, one below the other. */
export function LightboxPdf({ file }: { file: FileInfo }) {
  const address = useMediaUrl(file.mxc)
  const opened = usePdf(address)
  const scroller = useRef<HTMLElement>(null)
  const [width, setWidth] = useState<number>()

  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(Math.min(WIDEST, element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const ready = opened.state === 'ready'
  useEffect(() => {
    if (ready) scroller.current?.focus()
  }, [ready])

  return (
    // A region that scrolls must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section ref={scroller} className={css.pages} aria-label={`Pages of ${file.name}`} tabIndex={0}>
      {opened.state === 'loading' && (
        <output className={css.loading}>
          <Spinner /> Opening…
        </output>
      )}
      {opened.state === 'failed' && (
        <div className={css.trouble}>
          <MediaTrouble icon={<FileText />} name={file.name} onRetry={address.again}>
            {opened.problem}
          </MediaTrouble>
        </div>
      )}
      {opened.state === 'ready' &&
        width !== undefined &&
        Array.from({ length: opened.value.pages }, (_, index) => (
          // The place is all that a page is.
          // oxlint-disable-next-line react/no-array-index-key
          <PdfPage key={index} pdf={opened.value} number={index + 1} width={width} />
        ))}
    </section>
  )
}
