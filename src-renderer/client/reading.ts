import { Method, NotificationCountType, type MatrixClient, type Room } from 'matrix-js-sdk'
import type { Timelines } from './timelines.ts'

const MARKED_UNREAD = ['m.marked_unread', 'com.famedly.marked_unread'] as const

/** Marked unread by hand (Client-Server API, "Unread markers"); other clients may know its older name only. */
export function isMarkedUnread(room: Room): boolean {
  for (const type of MARKED_UNREAD) {
    const unread: unknown = room.getAccountData(type)?.getContent()['unread']
    if (typeof unread === 'boolean') return unread
  }
  return false
}

/** What the person has read, for themselves and for others. */
export function createReading(sdk: MatrixClient, timelines: Timelines, storage: Pick<Storage, 'getItem'>) {
  const me = sdk.getSafeUserId()
  const path = (roomId: string, ...rest: string[]): string =>
    `/rooms/${[roomId, ...rest].map(encodeURIComponent).join('/')}`

  async function setMarkedUnread(roomId: string, unread: boolean): Promise<void> {
    const room = sdk.getRoom(roomId)
    const types = MARKED_UNREAD.filter(
      (type, index) => index === 0 || room?.getAccountData(type) !== undefined,
    )
    for (const type of types) {
      await sdk.http.authedRequest(
        Method.Put,
        `/user/${encodeURIComponent(me)}${path(roomId, 'account_data', type)}`,
        undefined,
        { unread },
      )
    }
  }

  return {
    /** By hand; reading the room takes it back. */
    setMarkedUnread,
    /**
     * By hand, from one event on: the marker goes back to the one before it. Receipts cannot go back
     * (Client-Server API, "Receipts"), so that others see no change.
     */
    markUnreadFrom: async (roomId: string, eventId: string): Promise<void> => {
      const model = timelines.model(roomId)
      const { list } = model.focus ?? model.live()
      const before = list.entries[list.indexOf(eventId) - 1]
      if (before !== undefined) {
        await sdk.http.authedRequest(Method.Post, path(roomId, 'read_markers'), undefined, {
          'm.fully_read': before.id,
        })
      }
      await setMarkedUnread(roomId, true)
    },
    /**
     * Everything up to the newest event is read: the receipt for others, the marker for oneself. A room's own
     * timeline and each of its threads are read apart.
     */
    markRead: async (roomId: string, threadId?: string): Promise<void> => {
      const room = sdk.getRoom(roomId)
      if (room?.getMyMembership() !== 'join') return
      const model = timelines.model(roomId)
      const stretch = threadId === undefined ? model.live() : model.threads.get(threadId)
      const newest = model.latest(threadId)
      if (newest === undefined || stretch === undefined) return
      const thread = threadId ?? 'main'
      const read = model.receipts.readUpTo(stretch.list, thread, () => undefined).get(me)
      const unread =
        threadId === undefined
          ? room.getRoomUnreadNotificationCount(NotificationCountType.Total)
          : room.getThreadUnreadNotificationCount(threadId, NotificationCountType.Total)
      const work: Promise<unknown>[] = []
      if (read !== newest.id || unread > 0) {
        model.receipts.note(me, { eventId: newest.id, ts: Date.now(), thread })
        work.push(
          sdk.http.authedRequest(
            Method.Post,
            path(roomId, 'receipt', receiptType(storage), newest.id),
            undefined,
            {
              thread_id: thread,
            },
          ),
        )
      }
      const marker: unknown = room.getAccountData('m.fully_read')?.getContent()['event_id']
      if (threadId === undefined && marker !== newest.id) {
        work.push(
          sdk.http.authedRequest(Method.Post, path(roomId, 'read_markers'), undefined, {
            'm.fully_read': newest.id,
          }),
        )
      }
      if (threadId === undefined && isMarkedUnread(room)) work.push(setMarkedUnread(roomId, false))
      await Promise.all(work)
    },
  }
}

/** Private receipts count for the own devices, and are told to nobody else (Client-Server API, "Receipts"). */
function receiptType(storage: Pick<Storage, 'getItem'>): 'm.read' | 'm.read.private' {
  return storage.getItem('hearth.receipts') === 'private' ? 'm.read.private' : 'm.read'
}
