import { parseRoomId } from '../core/ids.ts'
import { MAX_PREV_EVENTS, parsePdu } from '../core/pdu.ts'
import type { EventId, JsonObject, PduJson, RoomId, RoomVersionId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import { commit, type Effects } from './commit.ts'
import type { RoomsContext } from './context.ts'
import { deniedOrigin } from './denied-server.ts'
import { LruCache } from './lru-cache.ts'
import { formatCause, type CheckedPdu } from './check-pdu.ts'
import { noteRefusal } from './refusals/note-refusal.ts'
import { NOT_IN_ROOM, type RefusalCause } from './refusals/ports.ts'
import { checkFirst, isQuiet, placeAtOnce, type ReceivedPdu } from './receive-at-once.ts'
import { isOutOfBandLeave } from './receive-out-of-band.ts'
import type { PduResult } from './staged-answers.ts'
import type { StagedQueue } from './staged-queue.ts'
import { checkStagedRoom } from './staging-limits.ts'
import { commitMany } from './state-later.ts'

const MAX_PDUS = 50
const MAX_EDUS = 100
const ANSWER_AFTER_MS = 5_000
const REMEMBERED_ORIGINS = 500
const REMEMBERED_PER_ORIGIN = 5

const notInRoom = { cause: NOT_IN_ROOM.cause, error: NOT_IN_ROOM.reason } as const

/** `version`: of the room, where that is known. */
type Identified =
  | (ReceivedPdu & { error?: undefined })
  | { eventId?: EventId; version?: RoomVersionId; cause: RefusalCause; error: string }

interface Refused {
  readonly json: PduJson
  readonly version: RoomVersionId | undefined
  readonly cause: RefusalCause
  readonly reason: string
}

export type TransactionResult = Record<string, PduResult>

/**
 * Server-server `PUT /send/{txnId}`. All PDUs that are of a room of this server are staged in one durable
 * transaction, and processed a room at a time in order of arrival, in the same transaction where nothing is in the
 * way; the answer comes when all are decided, or after 5 seconds. A repeated transaction id has no second effect and gets the same answer.
 */
export class TransactionReceiver {
  private readonly ctx: RoomsContext
  private readonly queue: StagedQueue
  private readonly receiveEdus: (origin: ServerName, edus: readonly JsonObject[]) => void
  private readonly answers = new LruCache<ServerName, LruCache<string, Promise<TransactionResult>>>(
    REMEMBERED_ORIGINS,
  )

  constructor(
    ctx: RoomsContext,
    queue: StagedQueue,
    receiveEdus: (origin: ServerName, edus: readonly JsonObject[]) => void,
  ) {
    this.ctx = ctx
    this.queue = queue
    this.receiveEdus = receiveEdus
  }

  async receive(
    origin: ServerName,
    txnId: string,
    pdus: readonly PduJson[],
    edus: readonly JsonObject[],
    item?: LogItem,
  ): Promise<TransactionResult> {
    if (pdus.length > MAX_PDUS || edus.length > MAX_EDUS) {
      throw new RoomError(400, 'M_BAD_JSON', 'A transaction has at most 50 PDUs and 100 EDUs.')
    }
    if (!this.ctx.domainAllowed(origin)) {
      throw deniedOrigin(this.ctx.serverName, origin)
    }
    let ofOrigin = this.answers.get(origin)
    if (ofOrigin === undefined) {
      ofOrigin = new LruCache(REMEMBERED_PER_ORIGIN)
      this.answers.set(origin, ofOrigin)
    }
    const earlier = ofOrigin.get(txnId)
    if (earlier !== undefined) {
      item?.note('repeated')
      return earlier
    }
    const answer = this.process(origin, txnId, pdus, edus, item)
    ofOrigin.set(txnId, answer)
    // A transaction that could not be staged was not received.
    answer.catch(() => ofOrigin.delete(txnId))
    return answer
  }

  private async process(
    origin: ServerName,
    txnId: string,
    pdus: readonly PduJson[],
    edus: readonly JsonObject[],
    item: LogItem | undefined,
  ): Promise<TransactionResult> {
    const { ctx } = this
    const result: TransactionResult = {}
    const refused: Refused[] = []
    const staged: ReceivedPdu[] = []
    for (const json of pdus) {
      const identified = this.identify(json)
      if (identified.error === undefined) staged.push(identified)
      else {
        refused.push({ json, version: identified.version, cause: identified.cause, reason: identified.error })
        if (identified.eventId !== undefined) result[identified.eventId] = { error: identified.error }
        const values = { server: origin, event: identified.eventId, reason: identified.error }
        if (item === undefined) ctx.log.note('PDU refused', values)
        else item.note('PDU refused', values, 'info')
      }
    }
    const checks = await checkFirst(ctx, this.queue, origin, staged)
    const write = (effects: Effects): readonly number[] | undefined => {
      // Of strangers no id is kept: what they may send is the same the second time, and ids without end are not.
      const id = isNeighbour(ctx, origin, staged) ? txnId : undefined
      const numbers = ctx.store.stageTransaction(origin, id, staged, ctx.clock.now())
      if (numbers === 'seen') return undefined
      // With the record of the transaction: a message between devices comes once, whatever happens.
      const tell = ctx.encryption?.receive(origin, edus)
      if (tell !== undefined) effects.afterwards.push(tell)
      for (const { json, version, cause, reason } of refused) {
        noteRefusal(ctx, json, version, { outcome: 'not-kept', cause, reason, origin })
      }
      return numbers
    }
    const { outcome, settled } = this.commitReceived(origin, staged, checks, item, write)
    item?.note(outcome === undefined ? 'repeated' : 'staged', { events: staged.map((pdu) => pdu.eventId) })
    if (outcome === undefined) return Object.fromEntries(staged.map((pdu) => [pdu.eventId, {}]))
    // Asked for before the room is kicked, so that no answer is missed.
    const waits = staged.map(async (pdu) => {
      result[pdu.eventId] = await this.queue.answers.result(origin, pdu.eventId)
    })
    for (const settle of settled) settle()
    for (const roomId of new Set(staged.map((pdu) => pdu.roomId))) {
      if (this.hasMore(roomId)) this.queue.kick(roomId)
    }
    this.receiveEdus(origin, edus)
    if (waits.length > 0) await this.atMost(Promise.all(waits))
    const answered = { ...result }
    for (const { eventId } of staged) {
      const decided = answered[eventId]
      if (decided === undefined) answered[eventId] = {}
      if (decided === undefined) item?.note('PDU undecided', { event: eventId })
      else if (decided.error !== undefined)
        item?.note('PDU refused', { event: eventId, reason: decided.error }, 'info')
    }
    return answered
  }

  /** Together with their places, where that can be; `write` stages them. */
  private commitReceived(
    origin: ServerName,
    pdus: readonly ReceivedPdu[],
    checks: readonly CheckedPdu[] | undefined,
    item: LogItem | undefined,
    write: (effects: Effects) => readonly number[] | undefined,
  ): { outcome: readonly number[] | undefined; settled: (() => void)[] } {
    const { ctx } = this
    const rooms = new Set(pdus.map(({ roomId }) => roomId))
    const quiet = [...rooms].every((roomId) => isQuiet(ctx, this.queue, origin, roomId))
    // Where it is quiet nothing waits. Not before: others may have been staged while these were checked.
    if (!quiet) checkStagedRoom(ctx, origin, rooms)
    if (checks !== undefined && quiet) {
      const settled: (() => void)[] = []
      const place = (step: LogItem): readonly number[] | undefined =>
        commitMany(ctx, (effects) => {
          const staged = write(effects)
          if (staged !== undefined)
            placeAtOnce(ctx, this.queue, { effects, item: step }, origin, { pdus, checks, staged }, settled)
          return staged
        })
      try {
        const values = { room: rooms.size === 1 ? [...rooms][0] : undefined, events: pdus.length }
        const outcome =
          item === undefined
            ? ctx.log.run('receive events', values, place)
            : item.wrap('receive events', values, place)
        return { outcome, settled }
      } catch {
        // All of it is undone, and the reason in the log. Staged first, each event is on its own.
      }
    }
    return { outcome: commit(ctx, write), settled: [] }
  }

  private hasMore(roomId: RoomId): boolean {
    const { store } = this.ctx
    return (
      store.stagedHeads(roomId, 1).length > 0 || store.forwardExtremities(roomId).length > MAX_PREV_EVENTS
    )
  }

  private identify(json: PduJson): Identified {
    const { ctx } = this
    const roomId = parseRoomId(json['room_id'])
    if (roomId === undefined)
      return { ...explicitId(json), cause: 'format', error: 'room_id is missing or malformed' }
    const room = ctx.store.getRoom(roomId)
    const version = room?.version ?? ctx.joining.get(roomId)
    if (version === undefined) return { ...explicitId(json), ...notInRoom }
    const parsed = parsePdu(json, version)
    if (!parsed.ok) {
      return {
        ...(parsed.eventId === undefined ? {} : { eventId: parsed.eventId }),
        version,
        cause: formatCause(parsed.reason),
        error: `format: ${parsed.reason}`,
      }
    }
    const { pdu } = parsed
    if (room?.participating !== true && !ctx.joining.has(roomId) && !isOutOfBandLeave(ctx, roomId, json)) {
      return { eventId: pdu.eventId, version, ...notInRoom }
    }
    return { roomId: pdu.roomId, json: pdu.json, eventId: pdu.eventId, pdu }
  }

  private async atMost(work: Promise<unknown>): Promise<void> {
    let cancel = (): void => undefined
    const timeout = new Promise<void>((resolve) => {
      cancel = this.ctx.clock.setTimeout(resolve, ANSWER_AFTER_MS)
    })
    await Promise.race([work, timeout])
    cancel()
  }
}

/** A server with somebody in a room of this one; those that an event came for are looked at first. */
function isNeighbour(ctx: RoomsContext, origin: ServerName, pdus: readonly { roomId: RoomId }[]): boolean {
  return (
    pdus.some(({ roomId }) => ctx.store.joinedServers(roomId).includes(origin)) ||
    ctx.store.roomsSharedWithServer(origin).length > 0
  )
}

function explicitId(json: PduJson): { eventId?: EventId } {
  const id = json['event_id']
  return typeof id === 'string' && id.startsWith('$') && id.length <= 255 ? { eventId: id as EventId } : {}
}
