import { isDrawnIn } from './drawn-list.ts'
import { asObject } from './raw-event.ts'
import type { EventList } from './event-list.ts'

/** Where somebody has read to; `thread` is `main`, a root's id, or undefined for the room with all its threads. */
export interface Receipt {
  readonly eventId: string
  readonly ts: number
  readonly thread: string | undefined
}

export interface Receipts {
  /** The content of an `m.receipt` event (Client-Server API, "Receipts"). */
  take(content: unknown): void
  note(userId: string, receipt: Receipt): void
  /** User id -> newest drawn event of this list that they have read. `thread` is `main` or a root's id. */
  readUpTo(list: EventList, thread: string, ts: (eventId: string) => number | undefined): Map<string, string>
}

/** The receipts of one room. Of private ones, the server tells only one's own. */
export function createReceipts(): Receipts {
  const people = new Map<string, Map<string | undefined, Receipt>>()

  function note(userId: string, receipt: Receipt): void {
    let own = people.get(userId)
    if (own === undefined) people.set(userId, (own = new Map()))
    const before = own.get(receipt.thread)
    if (before === undefined || before.ts <= receipt.ts) own.set(receipt.thread, receipt)
  }

  return {
    note,
    take(content) {
      for (const [eventId, kinds] of Object.entries(asObject(content) ?? {})) {
        for (const kind of ['m.read', 'm.read.private']) {
          for (const [userId, value] of Object.entries(asObject(asObject(kinds)?.[kind]) ?? {})) {
            const data = asObject(value)
            note(userId, {
              eventId,
              ts: typeof data?.['ts'] === 'number' ? data['ts'] : 0,
              thread: typeof data?.['thread_id'] === 'string' ? data['thread_id'] : undefined,
            })
          }
        }
      }
    },
    readUpTo(list, thread, ts) {
      const found = new Map<string, string>()
      const { entries } = list
      const drawnBefore = (from: number): number => {
        let index = from
        while (index >= 0 && !isDrawnIn(entries[index], thread)) index--
        return index
      }
      for (const [userId, receipts] of people) {
        let best = -1
        for (const receipt of [receipts.get(thread), receipts.get(undefined)]) {
          if (receipt === undefined) continue
          let index = list.indexOf(receipt.eventId)
          if (index === -1) {
            // A receipt for the whole room may stand on an event that is not in this thread.
            const moment = ts(receipt.eventId)
            if (moment === undefined || receipt.thread !== undefined) continue
            index = entries.length - 1
            while (index >= 0 && (entries[index]?.raw.origin_server_ts ?? 0) > moment) index--
          }
          // Receipts may stand on events that are not drawn, such as redactions: the drawn one before counts.
          best = Math.max(best, drawnBefore(index))
        }
        const id = entries[best]?.id
        if (id !== undefined) found.set(userId, id)
      }
      return found
    },
  }
}
