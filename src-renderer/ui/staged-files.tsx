import { ChevronLeft, ChevronRight, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useConversation } from '../model/conversation.ts'
import { isShownPicture } from '../model/file-types.ts'
import { formatBytes } from '../model/measures.ts'
import { moved } from '../model/staging.ts'
import { plural } from '../model/text.ts'
import { FileName } from './file-card.tsx'
import { FileIcon } from './file-icon.tsx'
import { IconButton } from './icon-button.tsx'
import css from './staged-files.module.css'

interface StagedFilesProps {
  files: readonly File[]
  onRemove: (index: number) => void
}

/** Files that go with the next message, each with a small picture and a way to take it out. */
export function StagedFiles({ files, onRemove }: StagedFilesProps) {
  const { setStaged } = useConversation()
  if (files.length === 0) return null
  const total = files.reduce((sum, file) => sum + file.size, 0)
  return (
    <section className={css.staged} aria-label="Files to send">
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" className={css.list}>
        {files.map((file, index) => (
          <li key={keyOf(file)} className={css.file}>
            <Thumbnail file={file} />
            <span className={css.words}>
              <FileName name={file.name} />
              <span className={css.size}>{formatBytes(file.size)}</span>
            </span>
            <span className={css.actions}>
              {files.length > 1 && (
                <span className={css.order}>
                  <IconButton
                    size="sm"
                    label={`Move ${file.name} forward`}
                    tooltip={false}
                    icon={<ChevronLeft />}
                    disabled={index === 0}
                    onClick={() => setStaged(moved(files, index, -1))}
                  />
                  <IconButton
                    size="sm"
                    label={`Move ${file.name} back`}
                    tooltip={false}
                    icon={<ChevronRight />}
                    disabled={index === files.length - 1}
                    onClick={() => setStaged(moved(files, index, 1))}
                  />
                </span>
              )}
              <IconButton
                size="sm"
                label={`Remove ${file.name}`}
                tooltip={false}
                icon={<X />}
                onClick={() => onRemove(index)}
              />
            </span>
          </li>
        ))}
      </ul>
      {files.length > 1 && (
        <p className={css.total} aria-live="polite">
          {plural(files.length, 'file')}, {formatBytes(total)}
        </p>
      )}
    </section>
  )
}

function Thumbnail({ file }: { file: File }) {
  const picture = isShownPicture(file.type)
  const video = file.type.startsWith('video/')
  const url = useObjectUrl(picture || video ? file : undefined)
  return (
    <span className={css.thumbnail} aria-hidden="true">
      {url !== undefined && picture && <img src={url} alt="" decoding="async" draggable={false} />}
      {url !== undefined && video && <video src={`${url}#t=0.1`} preload="metadata" muted tabIndex={-1} />}
      {!picture && !video && <FileIcon type={file.type} name={file.name} />}
    </span>
  )
}

/** Given back when the file is no longer shown. */
function useObjectUrl(file: File | undefined): string | undefined {
  const [held, setHeld] = useState<{ file: File; url: string }>()
  useEffect(() => {
    if (file === undefined) return
    const url = URL.createObjectURL(file)
    // oxlint-disable-next-line react/set-state-in-effect
    setHeld({ file, url })
    return () => URL.revokeObjectURL(url)
  }, [file])
  return held?.file === file ? held?.url : undefined
}

const keys = new WeakMap<File, number>()
let nextKey = 0

/** Two files may have the same name; the object is what tells them apart. */
function keyOf(file: File): number {
  const key = keys.get(file) ?? nextKey++
  keys.set(file, key)
  return key
}
