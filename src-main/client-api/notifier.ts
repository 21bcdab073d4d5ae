import type { RoomId, UserId } from '../core/types.ts'
import type { RoomListener, RoomReader } from '../rooms/ports.ts'
import { systemClock, type Clock } from '../trace/clock.ts'

/** Wakes `/sync` requests that wait for something to happen. */
export interface Notifier {
  /** For `RoomListener.committed`. */
  readonly committed: RoomListener['committed']
  /** Something of these users' own changed: account data, to-device messages, presence. */
  wake(users: Iterable<UserId>): void
  wakeAll(): void
  /**
   * Resolves at the first change that concerns the user, when `signal` aborts, or after `timeoutMs`.
   * Register without awaiting anything after having looked, and no change can slip between.
   */
  waitFor(user: UserId, rooms: ReadonlySet<RoomId>, signal: AbortSignal, timeoutMs: number): Promise<void>
  /** Wakes everything, now and for ever; for a clean stop. */
  stop(): void
  readonly stopped: boolean
}

interface Waiter {
  readonly rooms: ReadonlySet<RoomId>
  readonly wake: () => void
}

/** `reader` tells who is in a room that a waiting sync did not know of yet. */
export function createNotifier(
  reader?: Pick<RoomReader, 'joinedLocalUsers'>,
  clock: Clock = systemClock,
): Notifier {
  const waiters = new Map<UserId, Set<Waiter>>()
  let stopped = false

  const wakeUser = (user: UserId): void => {
    for (const waiter of waiters.get(user) ?? []) waiter.wake()
  }
  const wakeAll = (): void => {
    for (const user of waiters.keys()) wakeUser(user)
  }

  return {
    committed({ rooms, users }) {
      if (waiters.size === 0) return
      for (const user of users) wakeUser(user)
      for (const room of rooms) {
        for (const user of reader?.joinedLocalUsers(room) ?? []) wakeUser(user)
        for (const set of waiters.values()) {
          // Who was just kicked is no longer among the joined, and still must hear of it.
          for (const waiter of set) if (waiter.rooms.has(room)) waiter.wake()
        }
      }
    },
    wake(users) {
      for (const user of users) wakeUser(user)
    },
    wakeAll,
    waitFor(user, rooms, signal, timeoutMs) {
      if (stopped || signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const waiter: Waiter = { rooms, wake: done }
        const cancel = clock.setTimeout(done, timeoutMs)
        const set = waiters.get(user) ?? new Set()
        waiters.set(user, set.add(waiter))
        signal.addEventListener('abort', done, { once: true })
        function done(): void {
          cancel()
          signal.removeEventListener('abort', done)
          set.delete(waiter)
          if (set.size === 0 && waiters.get(user) === set) waiters.delete(user)
          resolve()
        }
      })
    },
    stop() {
      stopped = true
      wakeAll()
    },
    get stopped() {
      return stopped
    },
  }
}
