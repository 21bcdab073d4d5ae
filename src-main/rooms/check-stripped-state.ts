import { roomVersionRules } from '../core/room-versions.ts'
import type { JsonObject, RoomId, RoomVersionId, ServerName } from '../core/types.ts'
import { checkPdu, type CheckedPdu } from './check-pdu.ts'
import type { RoomsContext } from './context.ts'

/** Somebody waits for the invite; what cannot be verified by then is left out. */
const PATIENCE_MS = 5_000
const MAX_ENTRIES = 100

export interface CheckedState {
  readonly events: JsonObject[]
  /** Why an entry is not what it claims to be. */
  readonly wrong: string | undefined
}

/**
 * The state that comes with an invite or a knock's answer: from room version 12 on whole events, whose
 * format, room and signatures are checked (server-server `PUT /v2/invite`, "additional validation"). What
 * cannot be checked now, as the keys of a server cannot be had, is left out. Of earlier versions it is
 * hearsay, and taken as such. `givenBy`: who sent it.
 */
export async function checkStrippedState(
  ctx: RoomsContext,
  room: { roomId: RoomId; version: RoomVersionId },
  entries: readonly JsonObject[],
  givenBy: ServerName,
): Promise<CheckedState> {
  if (!roomVersionRules(room.version).roomIdIsCreateHash) return { events: [...entries], wrong: undefined }
  const late: CheckedPdu = { result: 'retry', reason: 'the keys took too long' }
  let cancel = (): void => undefined
  const patience = new Promise<CheckedPdu>((resolve) => {
    cancel = ctx.clock.setTimeout(() => resolve(late), PATIENCE_MS)
  })
  const checks = entries
    .slice(0, MAX_ENTRIES)
    .map((entry) => Promise.race([checkPdu(ctx, room, entry, givenBy), patience]))
  const checked = await Promise.all(checks)
  cancel()
  const wrong = checked.find((one) => one.result === 'drop')
  return {
    events: checked.flatMap((one) => (one.result === 'ok' ? [one.pdu.json] : [])),
    wrong: wrong?.result === 'drop' ? wrong.reason : undefined,
  }
}
