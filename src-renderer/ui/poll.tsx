import type { RoomEvent } from '../model/types.ts'

/** A poll, with the votes as far as they may be seen. */
export function Poll(_props: { event: RoomEvent }) {
  return null
}
