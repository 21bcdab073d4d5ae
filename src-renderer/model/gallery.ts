import type { RoomEvent } from '../client/types.ts'
import { howToShow, parseFile, type FileInfo } from './files.ts'

export type GalleryKind = 'pictures' | 'files' | 'sounds'

export interface GalleryItem {
  readonly event: RoomEvent
  readonly file: FileInfo
}

export interface GalleryMonth {
  /** "November 2026". */
  readonly label: string
  readonly items: readonly GalleryItem[]
}

const monthName = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric' })

/** The files of one kind. What may not be shown as a picture is among the files. */
export function filesOfKind(events: readonly RoomEvent[], kind: GalleryKind): readonly GalleryItem[] {
  return events.flatMap((event) => {
    const file = event.redacted ? undefined : parseFile(event.content, event.type)
    return file !== undefined && kindOf(file) === kind ? [{ event, file }] : []
  })
}

function kindOf(file: FileInfo): GalleryKind {
  const shown = howToShow(file)
  if (shown === 'picture' || shown === 'video') return 'pictures'
  return shown === 'audio' || shown === 'voice' ? 'sounds' : 'files'
}

/** The same in their order, by the calendar month in which they were sent. */
export function byMonth(items: readonly GalleryItem[]): readonly GalleryMonth[] {
  const months: { label: string; items: GalleryItem[] }[] = []
  for (const item of items) {
    const label = monthName.format(item.event.ts)
    const last = months.at(-1)
    if (last?.label === label) last.items.push(item)
    else months.push({ label, items: [item] })
  }
  return months
}
