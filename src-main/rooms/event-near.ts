import type { RoomId, UserId } from '../core/types.ts'
import { askInTurn } from './ask-in-turn.ts'
import type { RoomsContext } from './context.ts'
import { fetchIntoTimeline } from './fetch-event.ts'
import { ask, serversToAsk } from './fetch-missing.ts'
import { withPatience } from './patience.ts'
import type { StoredEvent } from './ports.ts'
import { canUserSee } from './visibility.ts'

/** Events that the user may not see lie in between where they were not in the room. */
const MAX_LOOKED_AT = 5_000

/**
 * The event nearest to `ts`, at or after it (`f`) or at or before it (`b`), that `user` may see. Where history
 * is missing around that time, other servers are asked, and what they name is fetched.
 */
export async function eventNear(
  ctx: RoomsContext,
  args: { roomId: RoomId; ts: number; dir: 'f' | 'b'; user: UserId },
): Promise<StoredEvent | undefined> {
  const { roomId, ts, dir, user } = args
  const nearest = (side: 'f' | 'b') =>
    ctx.store.eventsNear(roomId, ts, side, MAX_LOOKED_AT).find((event) => canUserSee(ctx, user, event))
  const here = nearest(dir)
  const later = dir === 'f' ? here : nearest('f')
  const earlier = dir === 'b' ? here : nearest('b')
  const from = earlier?.timelinePos ?? -Infinity
  const to = later?.timelinePos ?? Infinity
  const between = ctx.store.gaps(roomId).some(({ timelinePos }) => timelinePos > from && timelinePos <= to)
  if (!between || ctx.store.localMembership(user, roomId)?.membership !== 'join') return here
  const fetched = await ctx.log.run('event near', { room: roomId, ts }, (item) =>
    withPatience(ctx, async (patient) => {
      const isOnSide = (time: number): boolean => (dir === 'f' ? time >= ts : time <= ts)
      const isNearer = (time: number): boolean =>
        here === undefined || Math.abs(time - ts) < Math.abs(here.pdu.originServerTs - ts)
      const found = await askInTurn(
        patient.clock,
        serversToAsk(patient, roomId, []),
        async (server) => {
          const told = await ask(item, 'timestamp_to_event', server, () =>
            patient.remote.timestampToEvent(server, roomId, ts, dir),
          )
          // Another server may know more than one that knows nothing nearer.
          if (told === undefined || !isOnSide(told.ts) || !isNearer(told.ts)) return undefined
          return (await fetchIntoTimeline(patient, roomId, told.eventId)) === undefined ? undefined : told
        },
        () => undefined,
      )
      if (found !== undefined) return nearest(dir)
      return here
    }),
  )
  return fetched ?? here
}
