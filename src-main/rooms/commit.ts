import type { Pdu, RoomId, ServerName, StateMapKey, UserId } from '../core/types.ts'
import { serverOf, type RoomsContext } from './context.ts'

/** What has to be told once the transaction is committed. */
export class Effects {
  readonly rooms = new Set<RoomId>()
  readonly users = new Set<UserId>()
  readonly destinations = new Set<ServerName>()
  /** Events that lost their content, as they were before. */
  readonly redacted: Pdu[] = []
  /** Further things to be told. */
  readonly afterwards: (() => void)[] = []
  /** Rooms whose current state is behind until the transaction ends, and the keys that wait; `state-later.ts`. */
  readonly unresolved = new Map<RoomId, Set<StateMapKey>>()

  add(other: Effects): void {
    for (const room of other.rooms) this.rooms.add(room)
    for (const user of other.users) this.users.add(user)
    for (const destination of other.destinations) this.destinations.add(destination)
    this.redacted.push(...other.redacted)
    this.afterwards.push(...other.afterwards)
  }

  /** Runs `fn`, which throws when all that it wrote is undone: then nothing of it is told or taken for settled either. */
  ifKept<T>(fn: (own: Effects) => T): T {
    const own = new Effects()
    for (const [room, keys] of this.unresolved) own.unresolved.set(room, new Set(keys))
    const result = fn(own)
    this.add(own)
    this.unresolved.clear()
    for (const [room, keys] of own.unresolved) this.unresolved.set(room, keys)
    return result
  }
}

/**
 * One durable transaction, then the listener: nobody is told of what is not committed, and nobody outside of what is
 * not on the disk (`storage/durability.ts`). When `fn` throws, all of it is undone and what was remembered of it
 * forgotten.
 */
export function commit<T>(
  ctx: RoomsContext,
  fn: (effects: Effects) => T,
  survives: 'power-cut' | 'crash' = 'power-cut',
): T {
  const effects = new Effects()
  const result = inTransaction(ctx, effects, () => fn(effects), survives)
  tell(ctx, effects)
  return result
}

function inTransaction<T>(
  ctx: RoomsContext,
  effects: Effects,
  fn: () => T,
  survives?: 'power-cut' | 'crash',
): T {
  try {
    return ctx.store.transaction(() => {
      const result = fn()
      if (effects.destinations.size > 0) {
        const destinations = [...effects.destinations]
        effects.afterwards.push(
          ctx.listener.queueing?.(destinations) ?? (() => ctx.listener.queued(destinations)),
        )
      }
      return result
    }, survives)
  } catch (error) {
    ctx.resolved.clear()
    ctx.stateAfterMissing.clear()
    throw error
  }
}

/** A write that waits for its turn in a shared transaction. */
export interface WaitingWrite {
  readonly run: (effects: Effects) => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A bound on how long the event loop is held. */
const MAX_TOGETHER = 32

/**
 * Like `commit`, together with the other writes that wait at this moment: what a transaction costs by itself is paid
 * once. Each is undone alone when it throws;
 * all of them fail when the disk does. A write may be undone and run once more, because of another's.
 */
export function commitTogether<T>(ctx: RoomsContext, fn: (effects: Effects) => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let result: T
    ctx.waitingWrites.push({
      run: (effects) => {
        result = fn(effects)
      },
      resolve: () => resolve(result),
      reject,
    })
    // After the I/O that is ready by now, as it may bring more to write.
    if (ctx.waitingWrites.length === 1) setImmediate(() => writeTogether(ctx))
  })
}

function writeTogether(ctx: RoomsContext): void {
  const batch = ctx.waitingWrites.splice(0, MAX_TOGETHER)
  if (ctx.waitingWrites.length > 0) setImmediate(() => writeTogether(ctx))
  const failed = new Map<WaitingWrite, unknown>()
  try {
    tell(ctx, writeAtOnce(ctx, batch) ?? writeEach(ctx, batch, failed))
  } catch (error) {
    for (const write of batch) write.reject(failed.get(write) ?? error)
    return
  }
  for (const write of batch) {
    if (failed.has(write)) write.reject(failed.get(write))
    else write.resolve()
  }
}

/**
 * Without savepoints, at each of which the full text index would be written out; undefined where all of it was
 * undone because one threw.
 */
function writeAtOnce(ctx: RoomsContext, batch: readonly WaitingWrite[]): Effects | undefined {
  const effects = new Effects()
  try {
    inTransaction(ctx, effects, () => {
      for (const write of batch) write.run(effects)
    })
    return effects
  } catch {
    // It throws again, and is told of it, when each is written under a savepoint of its own.
    return undefined
  }
}

function writeEach(
  ctx: RoomsContext,
  batch: readonly WaitingWrite[],
  failed: Map<WaitingWrite, unknown>,
): Effects {
  const effects = new Effects()
  inTransaction(ctx, effects, () => {
    for (const write of batch) {
      try {
        effects.ifKept((own) => ctx.store.transaction(() => write.run(own)))
      } catch (error) {
        // State groups that were made in it are undone, and their numbers given to others.
        ctx.resolved.clear()
        failed.set(write, error)
      }
    }
  })
  return effects
}

function tell(ctx: RoomsContext, effects: Effects): void {
  for (const act of effects.afterwards) act()
  if (effects.rooms.size > 0 || effects.users.size > 0) {
    ctx.listener.committed({
      pos: ctx.store.maxStreamPos(),
      rooms: [...effects.rooms],
      users: [...effects.users],
      isOutgoing: effects.destinations.size > 0,
    })
  }
  if (effects.redacted.length > 0) ctx.listener.redacted?.(effects.redacted)
}

/** Queues the event for these servers, never for this one. For those that the settings deny it waits. */
export function enqueue(
  ctx: RoomsContext,
  effects: Effects,
  pdu: Pdu,
  servers: Iterable<ServerName>,
  except?: ServerName,
): void {
  const destinations = [...new Set(servers)].filter(
    (server) => server !== ctx.serverName && server !== except,
  )
  if (destinations.length === 0) return
  ctx.store.enqueuePdu(destinations, pdu)
  for (const destination of destinations) effects.destinations.add(destination)
}

/** The server of the person whom a membership event is about. */
export function targetServer(pdu: Pdu): ServerName | undefined {
  if (pdu.type !== 'm.room.member' || pdu.stateKey === undefined) return undefined
  return serverOf(pdu.stateKey)
}
