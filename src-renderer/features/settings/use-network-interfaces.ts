import { useEffect, useState } from 'react'
import type { NetworkInterfaces } from '../../client/types.ts'
import { useServices } from '../../model/use-client.ts'

const EVERY_MS = 2_000

/** The interfaces of the node's machine, asked again and again while they are shown: they come and go. */
export function useNetworkInterfaces(): {
  /** Undefined before the first answer, and where there is none. */
  answer: NetworkInterfaces | undefined
  /** Asks now. */
  refresh: () => void
} {
  const { client } = useServices()
  const [answer, setAnswer] = useState<NetworkInterfaces>()
  const [asked, setAsked] = useState(0)
  useEffect(() => {
    let current = true
    function ask(): void {
      client
        .networkInterfaces()
        .then((said) => current && said.ok && setAnswer(said.value))
        .catch((error: unknown) => console.warn('The networks could not be read', error))
    }
    ask()
    const timer = setInterval(ask, EVERY_MS)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [client, asked])
  return { answer, refresh: () => setAsked((times) => times + 1) }
}
