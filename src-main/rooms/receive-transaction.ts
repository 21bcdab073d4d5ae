import { parseRoomId } from '../core/ids.ts'
import { parsePdu } from '../core/pdu.ts'
import type { EventId, JsonObject, PduJson, RoomId, RoomVersionId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import { commit } from './commit.ts'
import type { RoomsContext } from './context.ts'
import { deniedOrigin } from './denied-server.ts'
import { LruCache } from './lru-cache.ts'
import { formatCause } from './check-pdu.ts'
import { noteRefusal } from './refusals/note-refusal.ts'
import { NOT_IN_ROOM, type RefusalCause } from './refusals/ports.ts'
import { isOutOfBandLeave } from './receive-out-of-band.ts'
import type { PduResult, StagedQueue } from './staged-queue.ts'
import { checkStagedRoom } from './staging-limits.ts'

const MAX_PDUS = 50
const MAX_EDUS = 100
const ANSWER_AFTER_MS = 5_000
const REMEMBERED_ORIGINS = 500
const REMEMBERED_PER_ORIGIN = 5

const notInRoom = { cause: NOT_IN_ROOM.cause, error: NOT_IN_ROOM.reason } as const

/** `version`: of the room, where that is known. */
type Identified =
  | { roomId: RoomId; json: PduJson; eventId: EventId; error?: undefined }
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
 * transaction, and processed a room at a time in order of arrival; the answer comes when all are decided,
 * or after 5 seconds. A repeated transaction id has no second effect and gets the same answer.
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
    const staged: { roomId: RoomId; json: PduJson; eventId: EventId }[] = []
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
    checkStagedRoom(ctx, origin, new Set(staged.map((pdu) => pdu.roomId)))
    let tellOfKeys = (): void => undefined
    const outcome = commit(ctx, () => {
      const result = ctx.store.stageTransaction(origin, txnId, staged, ctx.clock.now())
      // With the record of the transaction: a message between devices comes once, whatever happens.
      if (result === 'seen') return result
      tellOfKeys = ctx.encryption?.receive(origin, edus) ?? tellOfKeys
      for (const { json, version, cause, reason } of refused) {
        noteRefusal(ctx, json, version, { outcome: 'not-kept', cause, reason, origin })
      }
      return result
    })
    tellOfKeys()
    item?.note(outcome === 'seen' ? 'repeated' : 'staged', { events: staged.map((pdu) => pdu.eventId) })
    if (outcome === 'seen') return Object.fromEntries(staged.map((pdu) => [pdu.eventId, {}]))
    // Asked for before the room is kicked, so that no answer is missed.
    const waits = staged.map(async (pdu) => {
      result[pdu.eventId] = await this.queue.result(origin, pdu.eventId)
    })
    for (const roomId of new Set(staged.map((pdu) => pdu.roomId))) this.queue.kick(roomId)
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
    return { roomId: pdu.roomId, json: pdu.json, eventId: pdu.eventId }
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

function explicitId(json: PduJson): { eventId?: EventId } {
  const id = json['event_id']
  return typeof id === 'string' && id.startsWith('$') && id.length <= 255 ? { eventId: id as EventId } : {}
}
