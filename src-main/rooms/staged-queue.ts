import { ownString } from '../core/json.ts'
import type { Pdu, PduJson, RoomId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe } from '../trace/turns.ts'
import { checkPdu, checkSignatures, type CheckedPdu } from './check-pdu.ts'
import { commit, type Effects } from './commit.ts'
import { serverOf, type RoomsContext } from './context.ts'
import { DeferredEvents } from './deferred-events.ts'
import { DENIED_BY_SETTINGS } from './denied-server.ts'
import { LruCache } from './lru-cache.ts'
import { mergeExtremities } from './merge-extremities.ts'
import { withPatience } from './patience.ts'
import { placeEvent, type Placement } from './place-event.ts'
import { withRecommendation } from './policy-server.ts'
import type { RoomRecord, StagedPdu, StoredEvent } from './ports.ts'
import { noteRedacted, noteRefusal } from './refusals/note-refusal.ts'
import { NOT_IN_ROOM, type NewRefusal, type RefusalCause } from './refusals/ports.ts'
import { isReady, receiveEvent, type Received } from './receive-event.ts'
import { outOfBandLeave } from './receive-out-of-band.ts'
import { isPlaced } from './room-state.ts'
import { neverPlaced } from './same-event.ts'
import { aclAllows, aclEvents } from './server-acl.ts'
import { StagedAnswers } from './staged-answers.ts'
import { idOfStaged } from './staged-id.ts'
import { MAX_STAGED_OF_OUTSIDERS } from './staging-limits.ts'
import { commitMany } from './state-later.ts'

const BATCH = 50
/** A transaction on disk holds this many events at most, or what fits in this time, to keep the loop turning. */
const CHUNK = 32
const CHUNK_MS = 8
/** Keys that come later than this are waited for aside, so that one dead server does not hold up the others. */
const KEYS_PATIENCE_MS = 3_000
/** A server whose event took this long, and was not decided, has its others wait as well. */
const SLOW_MS = 5_000
const SLOW_PAUSE_MS = 60_000

/**
 * Works off the staged PDUs of each room, in order of arrival, in the room's lane. What cannot be decided
 * now (keys or ancestors that nobody gives) stays staged and is tried again later, without holding up
 * others; after a bounded time it is given up, with a reason.
 */
export class StagedQueue {
  private readonly ctx: RoomsContext
  readonly answers = new StagedAnswers()
  private readonly deferred: DeferredEvents
  private readonly queued = new Set<RoomId>()
  private readonly verified = new LruCache<number, CheckedPdu>(1000)
  /** Until when the events of a server that need others are left waiting. */
  private readonly paused = new LruCache<ServerName, number>(1000)

  /** Told of rooms where events were placed above a gap. */
  private readonly onGap: (roomId: RoomId) => void

  constructor(ctx: RoomsContext, onGap: (roomId: RoomId) => void = () => undefined) {
    this.ctx = ctx
    this.onGap = onGap
    this.deferred = new DeferredEvents(ctx, (roomId) => this.kick(roomId))
  }

  /** Has the room's staged PDUs processed, after what its lane is busy with. */
  kick(roomId: RoomId): void {
    if (this.queued.has(roomId) || this.ctx.stopped) return
    this.queued.add(roomId)
    this.ctx.lanes
      .run(roomId, () => {
        this.queued.delete(roomId)
        return this.ctx.log.run('receive events', { room: roomId }, (item) => this.process(item, roomId))
      })
      // Its tree is in the log; what is staged is tried again with the next kick.
      .catch(() => this.deferred.soon(roomId))
  }

  isBusy(roomId: RoomId): boolean {
    return this.queued.has(roomId) || this.ctx.lanes.isBusy(roomId)
  }

  stop(): void {
    this.deferred.stop()
  }

  private async process(item: LogItem, roomId: RoomId): Promise<void> {
    const { ctx } = this
    while (!ctx.stopped) {
      const batch = this.due(roomId)
      if (batch.length === 0) return mergeExtremities(ctx, item, roomId)
      const room = ctx.store.getRoom(roomId)
      if (room === undefined || !room.participating) {
        await this.notInRoom(item, roomId, batch)
        continue
      }
      const checked = await item.wrap('check signatures', { events: batch.length }, () =>
        this.checkAll(room, batch),
      )
      await breathe()
      let next = 0
      const slow: number[] = []
      while (next < batch.length && !ctx.stopped) {
        const done = this.placeReady(item, room, batch, checked, next)
        next += done
        // What needs others waits until all has its place that does not.
        if (done === 0) slow.push(next++)
        await breathe()
      }
      const patient = this.pauseSlow(item, batch, slow)
      if (patient !== undefined && !ctx.stopped)
        await this.placeSlowly(item, room, batch[patient], checked[patient])
      // At once, not when all is done: a flood has thousands of ends, each of which makes the next event dearer.
      await mergeExtremities(ctx, item, roomId)
    }
  }

  /**
   * Staged PDUs that are not waiting for their back-off; those of servers that are in the room first, as
   * anybody else's can be many, and slow to decide.
   */
  private due(roomId: RoomId): StagedPdu[] {
    const { store } = this.ctx
    const due = store
      .stagedHeads(roomId, BATCH + this.deferred.count(roomId) + MAX_STAGED_OF_OUTSIDERS)
      .filter((head) => !this.deferred.waits(roomId, head.id))
    const members = new Set(store.joinedServers(roomId))
    const first = due.filter((head) => members.has(head.origin))
    const last = due.filter((head) => !members.has(head.origin))
    // Only what has its turn is read and parsed: what waits may be many megabytes.
    return [...first, ...last].slice(0, BATCH).flatMap((head) => store.stagedPdu(head.id) ?? [])
  }

  /** Puts off what servers sent that were slow just now; answers the first of the others. */
  private pauseSlow(item: LogItem, batch: readonly StagedPdu[], slow: readonly number[]): number | undefined {
    const now = this.ctx.clock.monotonic()
    const isPaused = (index: number): boolean => {
      const origin = batch[index]?.origin
      return origin !== undefined && (this.paused.get(origin) ?? 0) > now
    }
    const paused = slow.filter(isPaused)
    if (paused.length > 0) {
      const settled: (() => void)[] = []
      commit(this.ctx, () => {
        for (const index of paused) {
          const staged = batch[index]
          if (staged !== undefined) this.retryLater(item, staged, `${staged.origin} is slow`, settled)
        }
      })
      for (const settle of settled) settle()
    }
    return slow.find((index) => !isPaused(index))
  }

  /** Each signature is verified once, although what waits for others comes by again. */
  private async checkAll(room: RoomRecord, batch: readonly StagedPdu[]): Promise<CheckedPdu[]> {
    const checked = await Promise.all(
      batch.map(
        async ({ id, origin, json }) => this.verified.get(id) ?? (await this.check(room, origin, json)),
      ),
    )
    for (const [index, staged] of batch.entries()) {
      const check = checked[index]
      if (check?.result === 'ok') this.verified.set(staged.id, check)
    }
    return checked
  }

  /**
   * `parsed`: the event, where its format was checked just now. Keys that are late are fetched all the same, so
   * that they are here when it is tried again; on one origin's account of so many servers only.
   */
  async check(room: RoomRecord, origin: ServerName, json: PduJson, parsed?: Pdu): Promise<CheckedPdu> {
    let cancel = (): void => undefined
    const late = new Promise<CheckedPdu>((resolve) => {
      cancel = this.ctx.clock.setTimeout(
        () => resolve({ result: 'retry', reason: 'the keys did not come in time' }),
        KEYS_PATIENCE_MS,
      )
    })
    try {
      const checking =
        parsed === undefined
          ? checkPdu(this.ctx, room, json, origin)
          : checkSignatures(this.ctx, parsed, origin)
      const checked = await Promise.race([checking, late])
      if (checked.result !== 'ok') return checked
      return { ...checked, pdu: await withRecommendation(this.ctx, checked.pdu) }
    } catch (error) {
      return { result: 'retry', reason: error instanceof Error ? error.message : String(error) }
    } finally {
      cancel()
    }
  }

  /**
   * Places as many events as need nobody else's help, in one durable transaction. Answers how many of them
   * were dealt with, from `from` on.
   */
  private placeReady(
    item: LogItem,
    room: RoomRecord,
    batch: readonly StagedPdu[],
    checked: readonly CheckedPdu[],
    from: number,
  ): number {
    const before = item.children.length
    try {
      return this.placeSome(item, room, batch, checked, from, 'together')
    } catch (error) {
      // What was decided in it was not kept.
      item.children.length = before
      item.note('undone', { reason: error instanceof Error ? error.message : String(error) }, 'info')
      // One of them threw, and all were undone. Under a savepoint of its own, at each of which the full text
      // index is written out, only that one is.
      return this.placeSome(item, room, batch, checked, from, 'apart')
    }
  }

  private placeSome(
    item: LogItem,
    room: RoomRecord,
    batch: readonly StagedPdu[],
    checked: readonly CheckedPdu[],
    from: number,
    how: 'together' | 'apart',
  ): number {
    const { ctx } = this
    const started = ctx.clock.monotonic()
    const settled: (() => void)[] = []
    let count = 0
    commitMany(ctx, (effects) => {
      while (count < CHUNK && (count === 0 || ctx.clock.monotonic() - started < CHUNK_MS)) {
        const staged = batch[from + count]
        const check = checked[from + count]
        if (staged === undefined || check === undefined) break
        if (!this.decide(item, effects, room, staged, check, settled, how)) break
        count++
      }
    })
    for (const settle of settled) settle()
    return count
  }

  /** In a transaction; `settled` gets what is to be done after it. False: it needs others. */
  decide(
    item: LogItem,
    effects: Effects,
    room: RoomRecord,
    staged: StagedPdu,
    check: CheckedPdu,
    settled: (() => void)[],
    how: 'together' | 'apart',
  ): boolean {
    const { ctx } = this
    if (check.result === 'retry') {
      this.retryLater(item, staged, check.reason, settled, 'info', 'keys')
      return true
    }
    if (check.result === 'drop') {
      this.drop(item, staged, check, settled)
      return true
    }
    if (!aclAllows(ctx, room.roomId, staged.origin)) {
      const lookedAt = aclEvents(ctx, room.roomId)
      const reason = `the room's server ACL denies ${staged.origin}`
      this.drop(item, staged, { cause: 'acl', reason, lookedAt }, settled)
      return true
    }
    const { pdu } = check
    try {
      const never = neverPlaced(ctx, pdu)
      if (never !== undefined) {
        this.drop(item, staged, never, settled)
        return true
      }
      const known = ctx.store.getEvent(pdu.eventId)
      if (isPlaced(known) && !wasDenied(ctx, known)) {
        this.finish(item, staged, 'known', undefined, settled)
        return true
      }
      if (!isReady(ctx, pdu)) return false
      const place = (told: Effects): Placement =>
        placeEvent(ctx, told, pdu, { stateLater: true, from: staged.origin })
      const placement =
        how === 'apart' ? effects.ifKept((own) => ctx.store.transaction(() => place(own))) : place(effects)
      if (check.redacted) {
        item.note('redacted', { event: pdu.eventId, reason: 'content hash' }, 'info')
        noteRedacted(ctx, room.version, staged.json, staged.origin)
      }
      this.finish(item, staged, placement.status, placement.reason, settled, placement.check)
    } catch (error) {
      if (how === 'together') throw error
      ctx.resolved.clear()
      this.retryLater(item, staged, error instanceof Error ? error.message : String(error), settled, 'error')
    }
    return true
  }

  private async placeSlowly(
    item: LogItem,
    room: RoomRecord,
    staged: StagedPdu | undefined,
    check: CheckedPdu | undefined,
  ): Promise<void> {
    const { ctx } = this
    if (staged === undefined || check?.result !== 'ok') return
    const { pdu } = check
    const settled: (() => void)[] = []
    const started = ctx.clock.monotonic()
    let received: Received
    try {
      received = (await item.wrap('fetch what it refers to', { event: pdu.eventId }, (step) =>
        withPatience(ctx, (bounded) => receiveEvent(bounded, step, room, staged.origin, pdu)),
      )) ?? { status: 'retry', reason: 'other servers took too long' }
    } catch (error) {
      received = { status: 'retry', reason: error instanceof Error ? error.message : String(error) }
    }
    if (received.status === 'retry' && ctx.clock.monotonic() - started > SLOW_MS) {
      this.paused.set(staged.origin, ctx.clock.monotonic() + SLOW_PAUSE_MS)
    }
    commit(ctx, () => {
      if (received.status === 'retry') this.retryLater(item, staged, received.reason, settled)
      else {
        const reason = received.status === 'known' ? undefined : received.reason
        const check = received.status === 'known' ? undefined : received.check
        this.finish(item, staged, received.status, reason, settled, check)
      }
    })
    for (const settle of settled) settle()
    this.onGap(room.roomId)
  }

  private async notInRoom(item: LogItem, roomId: RoomId, batch: readonly StagedPdu[]): Promise<void> {
    const settled: (() => void)[] = []
    for (const staged of batch) {
      const taken = await outOfBandLeave(this.ctx, roomId, staged.origin, staged.json)
      commit(this.ctx, () => {
        if (taken) this.finish(item, staged, 'accepted', undefined, settled)
        else this.drop(item, staged, NOT_IN_ROOM, settled)
      })
    }
    for (const settle of settled) settle()
  }

  /** It is not kept: nothing but a trace of it is. */
  private drop(
    item: LogItem,
    staged: StagedPdu,
    why: Pick<NewRefusal, 'cause' | 'reason' | 'lookedAt'>,
    settled: (() => void)[],
  ): void {
    const { ctx } = this
    const version = ctx.store.getRoom(staged.roomId)?.version ?? ctx.joining.get(staged.roomId)
    const { cause, reason, lookedAt } = why
    const { origin, roomId } = staged
    noteRefusal(ctx, staged.json, version, { outcome: 'not-kept', cause, reason, lookedAt, origin, roomId })
    this.finish(item, staged, 'dropped', reason, settled, cause === 'acl' ? 'server ACL' : undefined)
  }

  private finish(
    item: LogItem,
    staged: StagedPdu,
    status: string,
    reason: string | undefined,
    settled: (() => void)[],
    check = /^(?:format|signature)(?=:)/.exec(reason ?? '')?.[0],
  ): void {
    const eventId = idOfStaged(this.ctx, staged)
    this.ctx.store.deleteStaged(staged.id)
    const refused = status === 'dropped' || status === 'rejected'
    item.note(
      status,
      { event: eventId, server: staged.origin, type: ownString(staged.json, 'type'), check, reason },
      refused || status === 'soft-failed' ? 'info' : 'debug',
    )
    settled.push(() => {
      this.deferred.forget(staged.roomId, staged.id)
      this.answers.settle(staged.origin, eventId, refused ? { error: reason ?? status } : {})
    })
  }

  private retryLater(
    item: LogItem,
    staged: StagedPdu,
    reason: string,
    settled: (() => void)[],
    level: 'info' | 'error' = 'info',
    cause: RefusalCause = 'missing',
  ): void {
    const { roomId, id, origin } = staged
    const next = this.deferred.next(roomId, id)
    const event = idOfStaged(this.ctx, staged)
    if (next === undefined) {
      item.note('given up', { event, reason }, 'warn')
      this.drop(item, staged, { cause, reason }, settled)
      return
    }
    item.note('deferred', { event, attempts: next.attempts, delay: next.delay, reason }, level)
    // The sender need not wait: the event is on disk, and decided later.
    settled.push(() => {
      this.deferred.defer(roomId, id, next)
      this.answers.settle(origin, event, {})
    })
  }
}

/** It was not taken because of the settings, and its server, that they now allow, sends it again. */
function wasDenied(ctx: RoomsContext, event: StoredEvent): boolean {
  return (
    event.status === 'soft-failed' &&
    event.reason === DENIED_BY_SETTINGS &&
    ctx.domainAllowed(serverOf(event.pdu.sender))
  )
}
