import { useCallback, useEffect, useRef } from 'react'
import { parseAddress } from '../model/addresses.ts'
import type { Panel } from '../model/conversation.ts'
import { roomHref } from '../model/routes.ts'
import { useServices } from '../model/use-client.ts'

/**
 * Follows an address in a message. Rooms that one is in open at once; what leads elsewhere in Matrix is asked
 * about first, and everything else is for the browser. The address is hostile input.
 */
export function useOpenLink(
  openPanel: (panel: Panel) => void,
  onAddress: (address: string) => void,
): (address: string) => void {
  const { client, bridge } = useServices()
  const ask = useRef(onAddress)
  useEffect(() => {
    ask.current = onAddress
  }, [onAddress])
  return useCallback(
    (address) => {
      const target = parseAddress(address)
      if (target === undefined) bridge.openExternal(address)
      else if (target.kind === 'person') openPanel({ kind: 'person', userId: target.userId })
      else if (target.kind === 'room' && client.hasRoom(target.room))
        window.location.hash = roomHref(target.room, target.eventId)
      else ask.current(address)
    },
    [client, bridge, openPanel],
  )
}
