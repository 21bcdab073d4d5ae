import type { RoomId, UserId } from '../core/types.ts'
import { sleep } from '../trace/clock.ts'
import { RoomError } from './api.ts'
import type { RoomsContext } from './context.ts'

const AGAIN_AFTER_MS = [200, 800, 2_000]

/**
 * An invite is here before it is in the room: the server that invites waits for this one's signature first
 * (server-server, "Inviting to a room"). So who accepts at once, as whoever asked to be let in does, may be refused by
 * a server that will have the invite in a moment: then it is asked again, for a few seconds.
 */
export async function joinInvited(
  ctx: RoomsContext,
  user: UserId,
  roomId: RoomId,
  join: () => Promise<void>,
): Promise<void> {
  for (const wait of AGAIN_AFTER_MS) {
    try {
      return await join()
    } catch (error) {
      const isRefused = error instanceof RoomError && error.errcode === 'M_FORBIDDEN'
      if (!isRefused || ctx.store.localMembership(user, roomId)?.membership !== 'invite') throw error
    }
    await sleep(ctx.clock, wait)
  }
  await join()
}
