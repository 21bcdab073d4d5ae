import type { Deliveries } from './client-api/ports.ts'
import type { ServerName } from './core/types.ts'
import type { OutboxStore } from './federation/out/ports.ts'
import type { Outbox } from './federation/out/outbox.ts'
import type { RefusingServers } from './federation/out/refusing-servers.ts'
import type { Clock } from './trace/clock.ts'

/** A burst of answers from other servers is one change for those who wait. */
const TOGETHER_MS = 100

interface DeliveryParts {
  readonly store: Pick<OutboxStore, 'deliveries'>
  readonly outbox: () => Pick<Outbox, 'troubleWith'>
  readonly refusing: Pick<RefusingServers, 'has'>
  /** The name under which people know the owner of a server, where one is known. */
  readonly nameOf: (server: ServerName) => string | undefined
  readonly clock: Clock
}

export interface ServerDeliveries extends Deliveries {
  /** Something arrived, was refused or could not be sent. */
  changed(): void
  stop(): void
}

/** What the outbox knows of each event, in the words of the private API. */
export function createDeliveries({
  store,
  outbox,
  refusing,
  nameOf,
  clock,
}: DeliveryParts): ServerDeliveries {
  const waiting = new Set<() => void>()
  let cancelTimer: (() => void) | undefined

  function wakeAll(): void {
    cancelTimer?.()
    cancelTimer = undefined
    for (const wake of waiting) wake()
  }

  const deliveries: Deliveries = {
    of: (eventId) =>
      store
        .deliveries(eventId)
        .toSorted((a, b) => (a.destination < b.destination ? -1 : 1))
        .map(({ destination, state, ts, error }) => ({
          serverName: destination,
          displayName: nameOf(destination),
          state,
          ts,
          error: state === 'waiting' ? outbox().troubleWith(destination) : error,
          denied: state === 'waiting' && refusing.has(destination),
        })),
    nextChange(signal, timeoutMs) {
      if (signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const cancel = clock.setTimeout(done, timeoutMs)
        waiting.add(done)
        signal.addEventListener('abort', done, { once: true })
        function done(): void {
          cancel()
          signal.removeEventListener('abort', done)
          waiting.delete(done)
          resolve()
        }
      })
    },
  }
  return {
    ...deliveries,
    changed() {
      if (waiting.size > 0) cancelTimer ??= clock.setTimeout(wakeAll, TOGETHER_MS)
    },
    stop: wakeAll,
  }
}
