import { useEffect, useRef } from 'react'
import { useServices } from '../../model/use-client.ts'

const REPEAT_MS = 10_000

/** Others are told at the beginning, again now and then, and at the end. */
export function useTypingNotice(roomId: string): { note: (typing: boolean) => void } {
  const { client } = useServices()
  const toldAt = useRef(0)

  function tell(typing: boolean): void {
    toldAt.current = typing ? Date.now() : 0
    // Nobody misses a lost typing notice.
    client.setTyping(roomId, typing).catch(() => undefined)
  }

  useEffect(
    () => () => {
      if (toldAt.current !== 0) client.setTyping(roomId, false).catch(() => undefined)
    },
    [client, roomId],
  )

  return {
    note(typing) {
      if (!typing && toldAt.current !== 0) tell(false)
      if (typing && Date.now() - toldAt.current > REPEAT_MS) tell(true)
    },
  }
}
