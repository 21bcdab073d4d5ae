import { useMemo, useState } from 'react'
import type { Person, RoomDetail, RoomEvent, TimelineSnapshot } from '../client/types.ts'
import { createRowBuilder } from './timeline.ts'
import { useReadable, useServices } from './use-client.ts'

/** The rows of a room or thread, each the same object while nothing in it changed, and what may be done with them. */
export function useRows(
  room: RoomDetail,
  timeline: TimelineSnapshot,
  unreadFrom: string | undefined,
  root?: string,
) {
  const { client } = useServices()
  const me = useReadable(client.profile)
  const direct = room.directWith !== undefined
  const { members } = room
  const people = useMemo(
    () => new Map<string, Person>(members.map((member) => [member.userId, member])),
    [members],
  )
  const ignored = useReadable(client.ignored)
  const [build] = useState(createRowBuilder)
  const shown = useMemo(() => withoutIgnored(timeline, ignored), [timeline, ignored])
  const rows = useMemo(
    () => build(shown, me, { unreadFrom, direct, people, root }),
    [build, shown, me, unreadFrom, direct, people, root],
  )
  const { send, react, pin, redactOthers } = room.can
  const rights = useMemo(() => ({ send, react, pin, redactOthers }), [send, react, pin, redactOthers])
  return { rows, rights }
}

/** The server sends nothing of them any more; this is for what was here already (CS API, "Ignoring Users"). */
function withoutIgnored(timeline: TimelineSnapshot, ignored: ReadonlySet<string>): TimelineSnapshot {
  const hides = ({ sender, stateKey }: RoomEvent): boolean =>
    stateKey === undefined && ignored.has(sender.userId)
  if (ignored.size === 0 || !timeline.events.some(hides)) return timeline
  return { ...timeline, events: timeline.events.filter((event) => !hides(event)) }
}
