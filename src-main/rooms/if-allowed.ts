import { RoomError } from './api.ts'
import type { RoomsContext } from './context.ts'

/** A step of a transaction that is left out, alone, where the rules forbid it; everything else undoes the whole. */
export function ifAllowed(ctx: RoomsContext, fn: () => void): void {
  try {
    ctx.store.transaction(fn)
  } catch (error) {
    // State groups that were made in it are undone, and their numbers given to others.
    ctx.resolved.clear()
    if (!(error instanceof RoomError)) throw error
  }
}
