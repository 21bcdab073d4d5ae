import { isKeyName } from '../client/names.ts'
import type { NearbySnapshot } from '../client/types.ts'
import { isHostPort, type Address } from './addresses.ts'
import { serverOfUser } from './people.ts'

export type PeerAddress = Extract<Address, { readonly kind: 'peer' }>

/** The owner of the Hearth that a `hearth:` link names, and how this node gets there. */
export interface LinkedPerson {
  readonly userId: string
  readonly serverName: string
  /** To be added before anything is sent. */
  readonly at: string | undefined
  /** Neither the link nor this node says where that computer is. */
  readonly lost: boolean
}

/** `typedAt` is what somebody wrote because the link names no address. */
export function linkedPerson(
  nearby: NearbySnapshot,
  myUserId: string,
  { serverName, at }: PeerAddress,
  typedAt = '',
): LinkedPerson {
  const peer = nearby.peers.find((each) => each.serverName === serverName)
  const isOwn = serverName === serverOfUser(myUserId)
  const there = isOwn || peer?.reachable === true
  const given = at ?? (isHostPort(typedAt) ? typedAt : undefined)
  // No domain leads to a name made of a key. Who may not see the peers leaves it to the node to know one.
  const findable = there || peer !== undefined || !isKeyName(serverName) || nearby.status !== 'ready'
  return {
    userId: peer?.ownerUserId ?? `@owner:${serverName}`,
    serverName,
    at: there ? undefined : given,
    lost: !findable && given === undefined,
  }
}
