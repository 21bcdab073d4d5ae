import { useMemo, useState } from 'react'
import type { Person, RoomDetail, TimelineSnapshot } from '../client/types.ts'
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
  const [build] = useState(createRowBuilder)
  const rows = useMemo(
    () => build(timeline, me, { unreadFrom, direct, people, root }),
    [build, timeline, me, unreadFrom, direct, people, root],
  )
  const { send, react, pin, redactOthers } = room.can
  const rights = useMemo(() => ({ send, react, pin, redactOthers }), [send, react, pin, redactOthers])
  return { rows, rights }
}
