import type { ServerName } from '../../core/types.ts'
import type { KnownKey } from '../../core/signature-report.ts'
import type { RoomReader } from '../../rooms/ports.ts'

/** A key as it is known here, without asking anybody. */
export interface InspectedKey extends KnownKey {
  /**
   * `own`: this server's; `name`: the server's name is its key; `server`: it said so itself; `others`: other
   * servers vouched for it.
   */
  readonly from: 'own' | 'name' | 'server' | 'others'
  /** Undefined for keys that need no fetching. */
  readonly fetchedTs: number | undefined
}

/** What the inspector reads of events, rooms and keys. */
export interface InspectedRooms extends Pick<
  RoomReader,
  'getEvent' | 'getRoom' | 'stateMap' | 'currentStateMap' | 'forwardExtremities' | 'childrenOf'
> {
  keysOf(server: ServerName): readonly InspectedKey[]
}
