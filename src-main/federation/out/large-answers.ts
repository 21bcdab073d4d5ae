import { setFlagsFromString } from 'node:v8'
import type { ServerName } from '../../core/types.ts'
import { createSlots, type Slots } from './slots.ts'

/** Answers larger than usual that are in memory at the same time: of one server, and of all. */
const MAX_OF_ONE = 1
const MAX_OF_ALL = 2
/**
 * V8 lets the heap of a machine with much memory grow to four times what lives in it before it looks for what does
 * not. That is good for 50 MB; while there are hundreds, to twice is enough.
 */
const GROWING_PERCENT = 100

/** Resolves, when it is this answer's turn, to what ends it. Rejects with the reason of a signal that comes first. */
export type LargeAnswers = (server: ServerName, signal: AbortSignal) => Promise<() => void>

/** Large answers one after the other: each of them may cost hundreds of megabytes while it is read and worked on. */
export function createLargeAnswers(): LargeAnswers {
  const all = createSlots(MAX_OF_ALL)
  const ofOne = new Map<ServerName, Slots>()
  return async (server, signal) => {
    const own = ofOne.get(server) ?? createSlots(MAX_OF_ONE)
    ofOne.set(server, own)
    const ends: (() => void)[] = []
    const end = (): void => {
      for (const giveBack of ends) giveBack()
      if (own.idle && ofOne.get(server) === own) ofOne.delete(server)
      if (all.idle) growHeapBy(0)
    }
    try {
      ends.push(await own.take(signal))
      ends.push(await all.take(signal))
      growHeapBy(GROWING_PERCENT)
      return end
    } catch (error) {
      end()
      throw error
    }
  }
}

/** As V8 thinks best with 0. */
function growHeapBy(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
