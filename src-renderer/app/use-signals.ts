import { useEffect } from 'react'
import { describeMessage } from '../model/describe-event.ts'
import { roomHref } from '../model/routes.ts'
import { totalUnread } from '../model/rooms.ts'
import { useReadable, useServices } from '../model/use-client.ts'

/** The badge, and notifications for what arrives while nobody looks at its room. */
export function useSignals(openRoomId: string | undefined): void {
  const { client, bridge } = useServices()
  const rooms = useReadable(client.rooms)
  const unread = totalUnread(rooms)

  useEffect(() => bridge.setBadge(unread), [bridge, unread])

  useEffect(
    () =>
      client.onArrival(({ roomId, roomName, event }) => {
        const looking = !document.hidden && document.hasFocus()
        if (looking && roomId === openRoomId) return
        const title = roomName === event.sender.name ? roomName : `${event.sender.name} in ${roomName}`
        bridge.notify({ title, body: describeMessage(event).slice(0, 300), roomId })
      }),
    [client, bridge, openRoomId],
  )

  useEffect(
    () =>
      bridge.onNotificationClick((roomId) => {
        window.location.hash = roomHref(roomId)
      }),
    [bridge],
  )
}
