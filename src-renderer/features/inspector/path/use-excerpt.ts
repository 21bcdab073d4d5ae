import { useEffect, useState } from 'react'
import { z } from 'zod'
import { useServices } from '../../../model/use-client.ts'

const LONGEST = 200
const source = z.object({ content: z.object({ body: z.string().optional() }) })

/** The first words of a message, where it has some that can be read here. */
export function useExcerpt(roomId: string | undefined, eventId: string): string | undefined {
  const { client } = useServices()
  const [found, setFound] = useState<{ eventId: string; text: string }>()
  useEffect(() => {
    if (roomId === undefined) return
    let current = true
    client.eventSource(roomId, eventId).then(
      (event) => {
        const body = source.safeParse(event).data?.content.body?.trim()
        if (current && body !== undefined && body !== '') setFound({ eventId, text: body.slice(0, LONGEST) })
      },
      // Not every event is given to clients; its type is shown instead.
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [client, roomId, eventId])
  return found?.eventId === eventId ? found.text : undefined
}
