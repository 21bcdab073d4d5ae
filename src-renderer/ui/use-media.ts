import { useEffect, useState } from 'react'
import { useServices } from '../model/use-client.ts'

type Client = ReturnType<typeof useServices>['client']

const KEY_POLL_MS = 400

export interface MediaAddress {
  /** Undefined until the node has given the key for it. */
  readonly url: string | undefined
  /** Counts the attempts; as a `key` it makes an element load again. */
  readonly attempt: number
  /** Asks anew, after a failure. */
  readonly again: () => void
}

/** An address of media on the own node. The key in it comes a moment after the start, and is renewed. */
export function useMediaAddress(
  mxc: string | undefined,
  read: (client: Client, mxc: string) => string | undefined,
): MediaAddress {
  const { client } = useServices()
  const [attempt, setAttempt] = useState(0)
  const [, setPolled] = useState(0)
  const url = mxc === undefined ? undefined : read(client, mxc)
  const waiting = mxc !== undefined && url === undefined
  useEffect(() => {
    if (!waiting) return
    const timer = setInterval(() => setPolled((count) => count + 1), KEY_POLL_MS)
    return () => clearInterval(timer)
  }, [waiting])
  return { url, attempt, again: () => setAttempt((count) => count + 1) }
}

export function useMediaUrl(mxc: string | undefined): MediaAddress {
  return useMediaAddress(mxc, (client, address) => client.mediaUrl(address))
}
