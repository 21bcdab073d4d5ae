import type { Pdu, RoomId, ServerName, UserId } from '../core/types.ts'
import { serverOf, type RoomsContext } from './context.ts'

/** What has to be told once the transaction is on disk. */
export class Effects {
  readonly rooms = new Set<RoomId>()
  readonly users = new Set<UserId>()
  readonly destinations = new Set<ServerName>()
}

/**
 * One durable transaction, then the listener: nobody is told of what is not yet on disk. When `fn`
 * throws, all of it is undone and what was remembered of it forgotten.
 */
export function commit<T>(ctx: RoomsContext, fn: (effects: Effects) => T): T {
  const effects = new Effects()
  let result: T
  try {
    result = ctx.store.transaction(() => fn(effects))
  } catch (error) {
    ctx.resolved.clear()
    ctx.stateAfterMissing.clear()
    throw error
  }
  tell(ctx, effects)
  return result
}

function tell(ctx: RoomsContext, effects: Effects): void {
  if (effects.rooms.size > 0 || effects.users.size > 0) {
    ctx.listener.committed({
      pos: ctx.store.maxStreamPos(),
      rooms: [...effects.rooms],
      users: [...effects.users],
    })
  }
  if (effects.destinations.size > 0) ctx.listener.queued([...effects.destinations])
}

/** Queues the event for these servers: never for this one, nor for domains that are not federated with. */
export function enqueue(
  ctx: RoomsContext,
  effects: Effects,
  pdu: Pdu,
  servers: Iterable<ServerName>,
  except?: ServerName,
): void {
  const destinations = [...new Set(servers)].filter(
    (server) => server !== ctx.serverName && server !== except && ctx.domainAllowed(server),
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
