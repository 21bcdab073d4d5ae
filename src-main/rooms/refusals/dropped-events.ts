import { safeEventId } from '../event-id.ts'
import { commit } from '../commit.ts'
import { rulesOf, type RoomsContext } from '../context.ts'
import type { CheckedPdu } from '../check-pdu.ts'
import type { Pdu, PduJson, RoomId, RoomVersionId, ServerName } from '../../core/types.ts'
import type { LogItem } from '../../trace/log.ts'
import { noteRefusal } from './note-refusal.ts'
import type { NewRefusal } from './ports.ts'

type Why = Pick<NewRefusal, 'cause' | 'reason'>

/** Of one answer no more is written down: an answer may hold hundreds of thousands of events. */
const MOST = 100

/** Events of a server's answer that are not kept: noted in the log at once, and on disk together. */
export class DroppedEvents {
  private readonly ctx: RoomsContext
  private readonly item: LogItem
  private readonly room: { readonly roomId: RoomId; readonly version: RoomVersionId }
  private readonly server: ServerName
  private readonly waiting: { json: PduJson; why: Why }[] = []

  constructor(
    ctx: RoomsContext,
    item: LogItem,
    room: { readonly roomId: RoomId; readonly version: RoomVersionId },
    server: ServerName,
  ) {
    this.ctx = ctx
    this.item = item
    this.room = room
    this.server = server
  }

  add(json: PduJson, why: Why): void {
    const event = safeEventId(json, rulesOf(this.room))
    this.item.note('dropped', { event, reason: why.reason }, 'info')
    if (this.waiting.length < MOST) this.waiting.push({ json, why })
  }

  /** What did not pass the check of its signatures. */
  checked(pdu: Pdu | undefined, result: CheckedPdu): void {
    if (pdu === undefined || result.result === 'ok') return
    const { reason } = result
    // Its keys may be had when it is asked for again.
    if (result.result === 'retry') this.item.note('dropped', { event: pdu.eventId, reason }, 'info')
    else this.add(pdu.json, { cause: result.cause, reason })
  }

  write(): void {
    if (this.waiting.length === 0) return
    const { ctx, room, server } = this
    const why = { outcome: 'not-kept', roomId: room.roomId, origin: server } as const
    const write = (): void => {
      for (const one of this.waiting) noteRefusal(ctx, one.json, room.version, { ...why, ...one.why })
    }
    commit(ctx, write, 'crash')
  }
}
