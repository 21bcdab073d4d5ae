import type { EventId, JsonObject, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import type { Clock } from '../../trace/clock.ts'
import type { Logger } from '../../trace/log.ts'
import type { OutboxStore } from './ports.ts'

/** It takes a while to fetch much; who never does (only what somebody scrolls to) is asked ever more rarely. */
const DELAYS_MS = [20_000, 2 * 60_000, 10 * 60_000, 60 * 60_000, 6 * 60 * 60_000]
const MAX_ROOMS = 50

export interface DeliveryCheck {
  /** What an earlier run left open. */
  start(): void
  /** The destination has answered something. */
  progressed(destination: ServerName): void
  stop(): void
}

/**
 * A server that was told only of the newest events of a room, as it was away for long, may have the others
 * from anybody in the room. Where it did not fetch them here, it is asked for the oldest of them (`/event`):
 * gaps are filled from their newer end, so who has that has all.
 */
export function createDeliveryCheck(deps: {
  readonly store: Pick<OutboxStore, 'toldDestinations' | 'toldOf' | 'hasAll'>
  readonly getEvent: (server: ServerName, eventId: EventId) => Promise<JsonObject>
  /** Something turned out to be delivered. */
  readonly changed: () => void
  readonly clock: Clock
  readonly log: Logger
}): DeliveryCheck {
  const { store, clock, log } = deps
  const open = new Map<ServerName, { asked: number; cancel: (() => void) | undefined }>()
  let stopped = false

  function schedule(destination: ServerName): void {
    const entry = open.get(destination) ?? { asked: 0, cancel: undefined }
    open.set(destination, entry)
    if (stopped || entry.cancel !== undefined) return
    const delay = DELAYS_MS[Math.min(entry.asked, DELAYS_MS.length - 1)] ?? 0
    entry.cancel = clock.setTimeout(() => {
      entry.cancel = undefined
      entry.asked++
      check(destination).catch((error: unknown) =>
        log.note('delivery check failed', { server: destination, error: String(error) }, 'warn'),
      )
    }, delay)
  }

  async function check(destination: ServerName): Promise<void> {
    for (const { roomId, oldest } of store.toldOf(destination).slice(0, MAX_ROOMS)) {
      if (stopped) return
      try {
        await deps.getEvent(destination, oldest)
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error
        // Unreachable again: its return starts anew.
        if (error.status === undefined) break
        continue
      }
      store.hasAll(destination, roomId, clock.now())
      deps.changed()
    }
    if (store.toldOf(destination).length > 0) schedule(destination)
    else open.delete(destination)
  }

  return {
    start() {
      for (const destination of store.toldDestinations()) schedule(destination)
    },
    progressed(destination) {
      if (!open.has(destination) && store.toldOf(destination).length > 0) schedule(destination)
    },
    stop() {
      stopped = true
      for (const { cancel } of open.values()) cancel?.()
    },
  }
}
