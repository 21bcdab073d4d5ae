import { parseAddress } from './addresses.ts'
import { linkedPerson, type LinkedPerson } from './linked-person.ts'
import { useReadable, useServices } from './use-client.ts'

/** Whom the text leads to, where it is a `hearth:` link; `typedAt` is the address that such a link may lack. */
export function useLinkedPerson(text: string, typedAt: string): LinkedPerson | undefined {
  const { client } = useServices()
  const nearby = useReadable(client.nearby)
  const address = parseAddress(text)
  return address?.kind === 'peer' ? linkedPerson(nearby, client.userId, address, typedAt.trim()) : undefined
}
