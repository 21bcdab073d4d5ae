import { Download, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { typeWord, type FileInfo } from '../model/files.ts'
import { formatBytes } from '../model/measures.ts'
import css from './file-card.module.css'
import { FileIcon } from './file-icon.tsx'
import { IconButton } from './icon-button.tsx'
import { useSave } from './use-save.ts'

interface FileCardProps {
  file: FileInfo
  /** Instead of the size: why it cannot be opened. */
  note?: string | undefined
  /** Before “Save”, such as “Open”. */
  actions?: ReactNode
  /** Below the line with the name, such as a preview. */
  children?: ReactNode
}

/** A file by its name and size. Nothing of its content is looked at. */
export function FileCard({ file, note, actions, children }: FileCardProps) {
  const { progress, save, cancel } = useSave(file)
  const savable = file.mxc !== undefined && !file.encrypted
  return (
    <figure className={css.card} aria-label={`File ${file.name}`}>
      <div className={css.line}>
        <FileMark file={file} />
        <span className={css.words}>
          <FileName name={file.name} />
          <span className={css.detail}>{note ?? <Detail file={file} saved={progress?.bytes} />}</span>
        </span>
        <span className={css.actions}>
          {actions}
          {savable &&
            (progress === undefined ? (
              <IconButton label="Save" icon={<Download />} onClick={save} />
            ) : (
              <IconButton label="Stop saving" icon={<X />} onClick={cancel} />
            ))}
        </span>
      </div>
      {progress?.size !== undefined && (
        <progress className={css.progress} aria-label="Saving" max={progress.size} value={progress.bytes} />
      )}
      {children}
    </figure>
  )
}

/** What kind of file it is, as a sign. */
export function FileMark({ file }: { file: FileInfo }) {
  return (
    <span className={css.icon}>
      <FileIcon type={file.type} name={file.name} locked={file.encrypted} />
    </span>
  )
}

function Detail({ file, saved }: { file: FileInfo; saved: number | undefined }) {
  if (saved !== undefined) {
    return file.size === undefined
      ? `Saving: ${formatBytes(saved)}`
      : `Saving: ${formatBytes(saved)} of ${formatBytes(file.size)}`
  }
  const word = typeWord(file)
  return file.size === undefined ? word : `${word} · ${formatBytes(file.size)}`
}

/** A long name is cut in the middle: its end says what it is. */
export function FileName({ name }: { name: string }) {
  const end = name.length > 20 ? name.slice(-10) : ''
  return (
    <span className={css.name} title={name}>
      <span className={css.start}>{end === '' ? name : name.slice(0, -10)}</span>
      {end !== '' && <span className={css.end}>{end}</span>}
    </span>
  )
}
