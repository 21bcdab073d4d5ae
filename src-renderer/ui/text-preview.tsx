import { ChevronDown, ChevronUp } from 'lucide-react'
import { useState } from 'react'
import { textOfBytes } from '../model/file-types.ts'
import type { FileInfo } from '../model/files.ts'
import { readStart } from '../model/media-bytes.ts'
import { isJson, isTable, parseTable, prettyJson } from '../model/text-preview.ts'
import { FileCard } from './file-card.tsx'
import { IconButton } from './icon-button.tsx'
import { MediaTrouble } from './media-trouble.tsx'
import { Spinner } from './spinner.tsx'
import css from './text-preview.module.css'
import { useLoaded } from './use-loaded.ts'
import { useMediaUrl } from './use-media.ts'

/** As much of a text as is shown. */
const MOST_BYTES = 65_536

/** Text, source code, CSV, JSON, Markdown: a card, and its beginning on demand, as plain text. */
export function TextPreview({ file }: { file: FileInfo }) {
  const [open, setOpen] = useState(false)
  return (
    <FileCard
      file={file}
      actions={
        <IconButton
          label={open ? 'Hide the text' : 'Show the text'}
          icon={open ? <ChevronUp /> : <ChevronDown />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        />
      }
    >
      {open && <Beginning file={file} />}
    </FileCard>
  )
}

interface Start {
  readonly text: string
  readonly more: boolean
}

async function readText(url: string, signal: AbortSignal): Promise<Start> {
  const { bytes, more } = await readStart(url, MOST_BYTES, signal)
  const text = textOfBytes(bytes)
  if (text === undefined) throw new Error('This is no text, whatever its name says.')
  return { text, more }
}

function Beginning({ file }: { file: FileInfo }) {
  const { url, attempt, again } = useMediaUrl(file.mxc)
  const loaded = useLoaded(url, attempt, readText)
  if (loaded.state === 'loading') {
    return (
      <output className={css.loading}>
        <Spinner /> Opening…
      </output>
    )
  }
  if (loaded.state === 'failed') {
    return (
      <div className={css.preview}>
        <MediaTrouble icon={null} onRetry={again}>
          {loaded.problem}
        </MediaTrouble>
      </div>
    )
  }
  return (
    <>
      {/* A region that scrolls must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className={css.preview} aria-label={`Text of ${file.name}`} tabIndex={0}>
        {isTable(file.type, file.name) ? (
          <Table text={loaded.value.text} />
        ) : (
          <Plain file={file} start={loaded.value} />
        )}
      </section>
      {loaded.value.more && (
        <p className={css.more}>Only the beginning is shown. Save the file to see all of it.</p>
      )}
    </>
  )
}

function Plain({ file, start }: { file: FileInfo; start: Start }) {
  if (start.text.trim() === '') return <p className={css.empty}>The file is empty.</p>
  const pretty = isJson(file.type, file.name) && !start.more
  return <pre className={css.text}>{pretty ? prettyJson(start.text) : start.text}</pre>
}

function Table({ text }: { text: string }) {
  const [head = [], ...rows] = parseTable(text)
  if (head.length === 0) return <p className={css.empty}>The file is empty.</p>
  return (
    <table className={css.table}>
      <thead>
        <tr>
          {head.map((cell, index) => (
            // Cells have nothing but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <th key={index}>{cell}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={index}>
            {row.map((cell, column) => (
              // oxlint-disable-next-line react/no-array-index-key
              <td key={column}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
