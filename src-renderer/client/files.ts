import type { RawEvent } from './raw-event.ts'
import { derived, type Derived } from './readable.ts'
import type { Entry } from './room-events.ts'
import type { TimelineApi } from './timeline-api.ts'
import type { Timelines } from './timelines.ts'
import type { FileList, Readable } from './types.ts'

const PAGE = 40
const FILES = { contains_url: true, types: ['m.room.message'] }
const FILE_TYPES = new Set(['m.image', 'm.video', 'm.audio', 'm.file'])

const isFile = (raw: RawEvent): boolean =>
  raw.type === 'm.room.message' &&
  FILE_TYPES.has(String(raw.content['msgtype'])) &&
  typeof raw.content['url'] === 'string'

interface Gallery {
  /** Newest first. */
  entries: Entry[]
  status: FileList['status']
  next: string | undefined
  loading: boolean
  readonly value: Derived<FileList>
}

/** The files of rooms, newest first: loaded page by page, kept up by the sync. */
export function createFiles(api: TimelineApi, timelines: Pick<Timelines, 'model'>) {
  const galleries = new Map<string, Gallery>()

  async function load(roomId: string, gallery: Gallery): Promise<void> {
    if (gallery.loading) return
    gallery.loading = true
    try {
      const page = await api.messages(roomId, 'b', gallery.next, PAGE, FILES)
      const known = new Set(gallery.entries.map((entry) => entry.id))
      const found = page.events.filter((raw) => isFile(raw) && !known.has(raw.event_id))
      gallery.entries = [...gallery.entries, ...found.map((raw) => timelines.model(roomId).events.take(raw))]
      gallery.next = page.next
      gallery.status = 'ready'
    } catch (error) {
      if (gallery.status !== 'ready') gallery.status = 'failed'
      throw error
    } finally {
      gallery.loading = false
      gallery.value.invalidate()
    }
  }

  return {
    /** Messages with files of a room. */
    files: (roomId: string): Readable<FileList> => {
      let gallery = galleries.get(roomId)
      if (gallery === undefined) {
        const fresh: Gallery = {
          entries: [],
          status: 'loading',
          next: undefined,
          loading: false,
          value: derived(() => ({
            events: fresh.entries
              .filter((entry) => !entry.redacted)
              .map((entry) => timelines.model(roomId).convert(entry)),
            status: fresh.status,
            canLoadMore: fresh.next !== undefined,
          })),
        }
        gallery = fresh
        galleries.set(roomId, gallery)
        load(roomId, gallery).catch((error: unknown) => console.warn('The files could not be loaded', error))
      }
      return gallery.value
    },
    loadMoreFiles: async (roomId: string): Promise<void> => {
      const gallery = galleries.get(roomId)
      if (gallery !== undefined && (gallery.next !== undefined || gallery.status === 'failed'))
        await load(roomId, gallery)
    },
    invalidate(roomId: string): void {
      galleries.get(roomId)?.value.invalidate()
    },
    onLive(roomId: string, entry: Entry): void {
      const gallery = galleries.get(roomId)
      if (gallery === undefined || !isFile(entry.raw)) return
      if (gallery.entries.some((each) => each.id === entry.id)) return
      gallery.entries = [entry, ...gallery.entries]
      gallery.value.invalidate()
    },
  }
}
