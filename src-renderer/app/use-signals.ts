import { useEffect, useRef } from 'react'
import { composePlain } from '../model/compose.ts'
import { createOnce, noticeOf } from '../model/notice.ts'
import { loadPreferences } from '../model/preferences.ts'
import { totalUnread } from '../model/rooms.ts'
import { roomHref } from '../model/routes.ts'
import { useAttention } from '../model/use-attention.ts'
import { useReadable, useServices } from '../model/use-client.ts'

/** A connection that comes back may tell of the same message again. */
const firstTime = createOnce()

const MOST_REMEMBERED = 500

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest)
}

/** The badge, and notifications for what arrives while nobody looks at its room. */
export function useSignals(openRoomId: string | undefined): void {
  const { client, bridge } = useServices()
  const rooms = useReadable(client.rooms)
  const unread = totalUnread(rooms)
  const attentive = useAttention()
  const threads = useRef(new Map<string, string | undefined>())

  useEffect(() => {
    bridge.setBadge(unread)
  }, [bridge, unread])

  useEffect(
    () =>
      client.onArrival(({ roomId, roomName, threadId, event, sound }) => {
        const { notify, sound: wanted } = loadPreferences()
        const looking = !document.hidden && document.hasFocus() && roomId === openRoomId
        if (!firstTime(event.id) || looking || !notify) return
        remember(threads.current, event.id, threadId)
        bridge.notify({
          ...noticeOf({ roomName, threadId, event }),
          roomId,
          eventId: event.id,
          silent: !(sound && wanted),
          // Who asks to come in does not read what is said inside.
          canReply: event.stateKey === undefined && client.room(roomId).get()?.can.send === true,
        })
      }),
    [client, bridge, openRoomId],
  )

  useEffect(() => {
    if (attentive && openRoomId !== undefined) bridge.dismiss(openRoomId)
  }, [bridge, attentive, openRoomId])

  // What was read or answered on another device is no news here any more.
  const unreadRooms = useRef<ReadonlySet<string>>(new Set())
  useEffect(() => {
    const now = new Set(rooms.filter((room) => room.unread + room.asking > 0).map((room) => room.id))
    for (const roomId of unreadRooms.current) if (!now.has(roomId)) bridge.dismiss(roomId)
    unreadRooms.current = now
  }, [bridge, rooms])

  useEffect(
    () =>
      bridge.onNotificationClick(({ roomId, eventId }) => {
        window.location.hash = roomHref(roomId, eventId)
      }),
    [bridge],
  )

  useEffect(
    () =>
      bridge.onNotificationReply(({ roomId, eventId, text }) => {
        const threadId = threads.current.get(eventId)
        client.sendMessage(roomId, composePlain(text), { threadId })
        // Whoever answers has read.
        client
          .markRead(roomId, threadId)
          .catch((error: unknown) => console.warn('The read marker could not be set', error))
      }),
    [bridge, client],
  )
}
