import { describeError } from './media.ts'
import { derived, type Derived } from './readable.ts'
import type { TimelineApi } from './timeline-api.ts'
import type { Timelines } from './timelines.ts'
import type { Readable, RoomEvent, ThreadList } from './types.ts'

interface List {
  readonly roots: Set<string>
  status: ThreadList['status']
  next: string | undefined
  loading: boolean
  readonly value: Derived<ThreadList>
}

/** The threads of rooms: loaded page by page, kept up by the sync. */
export function createThreadLists(api: TimelineApi, timelines: Pick<Timelines, 'model'>) {
  const lists = new Map<string, List>()

  const newest = (event: RoomEvent): number => event.thread?.latest?.ts ?? event.ts

  function read(roomId: string, list: List): ThreadList {
    const model = timelines.model(roomId)
    const roots = [...list.roots].flatMap((id) => model.current(id) ?? [])
    return {
      roots: roots.filter((root) => root.thread !== undefined).toSorted((a, b) => newest(b) - newest(a)),
      status: list.status,
      canLoadMore: list.next !== undefined,
    }
  }

  async function load(roomId: string, list: List, from: string | undefined): Promise<void> {
    if (list.loading) return
    list.loading = true
    try {
      const page = await api.threads(roomId, from)
      for (const raw of page.events) list.roots.add(timelines.model(roomId).events.take(raw).id)
      list.next = page.next
      list.status = 'ready'
    } catch (error) {
      if (list.status !== 'ready') list.status = 'failed'
      throw error
    } finally {
      list.loading = false
      list.value.invalidate()
    }
  }

  function begin(roomId: string, list: List): void {
    load(roomId, list, undefined).catch((error: unknown) =>
      console.warn('The threads could not be loaded:', describeError(error)),
    )
  }

  return {
    threads: (roomId: string): Readable<ThreadList> => {
      let list = lists.get(roomId)
      if (list === undefined) {
        const fresh: List = {
          roots: new Set(),
          status: 'loading',
          next: undefined,
          loading: false,
          value: derived(() => read(roomId, fresh)),
        }
        list = fresh
        lists.set(roomId, list)
        begin(roomId, list)
      }
      return list.value
    },
    loadMoreThreads: async (roomId: string): Promise<void> => {
      const list = lists.get(roomId)
      if (list !== undefined && (list.next !== undefined || list.status === 'failed'))
        await load(roomId, list, list.next)
    },
    invalidate(roomId: string): void {
      lists.get(roomId)?.value.invalidate()
    },
    /** A thread has begun, grown or shrunk. */
    onThread(roomId: string, rootId: string): void {
      const list = lists.get(roomId)
      if (list === undefined) return
      list.roots.add(rootId)
      list.value.invalidate()
    },
    reconnected(): void {
      for (const [roomId, list] of lists) begin(roomId, list)
    },
  }
}
