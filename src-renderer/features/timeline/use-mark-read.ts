import { useEffect, useState } from 'react'
import { useServices } from '../../model/use-client.ts'

/** Is somebody looking? A hidden or unfocused window reads nothing. */
function useAttention(): boolean {
  const look = (): boolean => !document.hidden && document.hasFocus()
  const [attentive, setAttentive] = useState(look)
  useEffect(() => {
    const update = (): void => setAttentive(look())
    window.addEventListener('focus', update)
    window.addEventListener('blur', update)
    document.addEventListener('visibilitychange', update)
    return () => {
      window.removeEventListener('focus', update)
      window.removeEventListener('blur', update)
      document.removeEventListener('visibilitychange', update)
    }
  }, [])
  return attentive
}

/** Tells others, and the own other devices, that the newest message was read. */
export function useMarkRead(roomId: string, newestEventId: string | undefined, atBottom: boolean): void {
  const { client } = useServices()
  const attentive = useAttention()
  useEffect(() => {
    if (!attentive || !atBottom || newestEventId === undefined) return
    client.markRead(roomId).catch((error: unknown) => console.warn('The read marker could not be set', error))
  }, [client, roomId, newestEventId, attentive, atBottom])
}
