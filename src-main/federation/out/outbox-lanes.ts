import type { JsonObject, ServerName } from '../../core/types.ts'
import { MAX_EDUS, MAX_PDUS, type BackoffRecord, type OutboxStore } from './ports.ts'

/** The one sending loop of a destination, and what it knows. */
export interface Lane {
  readonly destination: ServerName
  running: Promise<void> | undefined
  /** Something was queued since the store was last asked. */
  again: boolean
  /** All that was queued when the store was last asked has arrived. */
  drained: boolean
  cancelTimer: (() => void) | undefined
  readonly ephemeral: Map<string, JsonObject>
  /** Items in the next transaction: smaller while looking for the one that is refused. */
  limit: number
  backoff: BackoffRecord | undefined
  /** The store has a back-off record of this destination. */
  backoffStored: boolean
  lastAttempt: number
  /** The back-off was reset during an attempt that then failed. */
  resetMeanwhile: boolean
  /** The destination asked to be left alone until then. */
  heldUntil: number
}

export const FULL = MAX_PDUS + MAX_EDUS

/** Made when first asked for; whoever has nothing to send any more deletes it. */
export function createLanes(store: Pick<OutboxStore, 'backoff'>): {
  readonly lanes: Map<ServerName, Lane>
  readonly laneOf: (destination: ServerName) => Lane
} {
  const lanes = new Map<ServerName, Lane>()
  return {
    lanes,
    laneOf(destination) {
      let lane = lanes.get(destination)
      if (lane === undefined) {
        const backoff = store.backoff(destination)
        lane = {
          destination,
          running: undefined,
          again: false,
          drained: false,
          cancelTimer: undefined,
          ephemeral: new Map(),
          limit: FULL,
          backoff,
          backoffStored: backoff !== undefined,
          lastAttempt: 0,
          heldUntil: 0,
          resetMeanwhile: false,
        }
        lanes.set(destination, lane)
      }
      return lane
    },
  }
}
