import {
  File,
  FileArchive,
  FileAudio,
  FileCode,
  FileImage,
  FileLock,
  FileSpreadsheet,
  FileText,
  FileVideo,
  type LucideIcon,
} from 'lucide-react'
import { createElement } from 'react'
import { extensionOf, isRunnable, isText } from '../model/file-types.ts'

const BY_EXTENSION: readonly (readonly [RegExp, LucideIcon])[] = [
  [/^(?:zip|7z|rar|tar|gz|tgz|bz2|xz|zst)$/u, FileArchive],
  [/^(?:csv|tsv|xlsx?|ods|numbers)$/u, FileSpreadsheet],
  [/^(?:pdf|docx?|odt|rtf|pages|epub)$/u, FileText],
]

/** What kind of file it is, as a picture beside its name. */
export function FileIcon({ type, name, locked = false }: { type: string; name: string; locked?: boolean }) {
  return createElement(locked ? FileLock : iconOf(type, name), { 'aria-hidden': true })
}

function iconOf(type: string, name: string): LucideIcon {
  const extension = extensionOf(name)
  for (const [pattern, icon] of BY_EXTENSION) if (pattern.test(extension)) return icon
  if (type.startsWith('image/')) return FileImage
  if (type.startsWith('video/')) return FileVideo
  if (type.startsWith('audio/')) return FileAudio
  if (isRunnable(type, name)) return FileCode
  return isText(type, name) ? FileText : File
}
