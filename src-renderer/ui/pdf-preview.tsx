import { ChevronDown, ChevronUp, Maximize2 } from 'lucide-react'
import { useState } from 'react'
import type { FileInfo } from '../model/files.ts'
import { plural } from '../model/text.ts'
import type { RoomEvent } from '../model/types.ts'
import { FileCard } from './file-card.tsx'
import { IconButton } from './icon-button.tsx'
import { Lightbox } from './lightbox.tsx'
import { MediaTrouble } from './media-trouble.tsx'
import { PdfPage } from './pdf-page.tsx'
import css from './pdf-preview.module.css'
import { Spinner } from './spinner.tsx'
import { useMediaUrl } from './use-media.ts'
import { usePdf } from './use-pdf.ts'

const WIDTH = 418

/** A PDF: a card; its first page on demand, and all of it in the lightbox. */
export function PdfPreview({ file, event }: { file: FileInfo; event: RoomEvent | undefined }) {
  const [open, setOpen] = useState(false)
  const [whole, setWhole] = useState(false)
  return (
    <>
      <FileCard
        file={file}
        actions={
          <>
            <IconButton
              label={open ? 'Hide the first page' : 'Show the first page'}
              icon={open ? <ChevronUp /> : <ChevronDown />}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            />
            {event !== undefined && (
              <IconButton label="Open" icon={<Maximize2 />} onClick={() => setWhole(true)} />
            )}
          </>
        }
      >
        {open && <FirstPage file={file} />}
      </FileCard>
      {whole && event !== undefined && (
        <Lightbox
          events={[event]}
          current={event.id}
          onClose={() => setWhole(false)}
          onCurrent={() => undefined}
        />
      )}
    </>
  )
}

function FirstPage({ file }: { file: FileInfo }) {
  const address = useMediaUrl(file.mxc)
  const opened = usePdf(address)
  if (opened.state === 'failed') {
    return (
      <div className={css.preview}>
        <MediaTrouble icon={null} onRetry={address.again}>
          {opened.problem}
        </MediaTrouble>
      </div>
    )
  }
  if (opened.state === 'loading') {
    return (
      <div className={css.preview}>
        <output className={css.loading}>
          <Spinner /> Opening…
        </output>
      </div>
    )
  }
  return (
    <div className={css.preview}>
      <PdfPage pdf={opened.value} number={1} width={WIDTH} />
      <p className={css.pages}>{plural(opened.value.pages, 'page')}</p>
    </div>
  )
}
