import { useState } from 'react'
import { useReadable, useServices } from '../model/use-client.ts'

type Client = ReturnType<typeof useServices>['client']

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
  useReadable(client.mediaVersion)
  return {
    url: mxc === undefined ? undefined : read(client, mxc),
    attempt,
    again: () => setAttempt((count) => count + 1),
  }
}

export function useMediaUrl(mxc: string | undefined): MediaAddress {
  return useMediaAddress(mxc, (client, address) => client.mediaUrl(address))
}

/** The first address of an attempt: a renewed key must not begin a film anew that is being watched. */
export function useSteadyUrl({ url, attempt }: MediaAddress): string | undefined {
  const [steady, setSteady] = useState<{ url: string; attempt: number }>()
  if (url !== undefined && steady?.attempt !== attempt) setSteady({ url, attempt })
  return steady?.attempt === attempt ? steady.url : url
}
