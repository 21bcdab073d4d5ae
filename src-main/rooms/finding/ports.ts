import type { JsonObject, RoomId, ServerName } from '../../core/types.ts'

/** A page of a room directory, as asked for (client-server and server-server `/publicRooms`). */
export interface DirectoryQuery {
  readonly limit: number
  /** A token of the server that is asked. */
  readonly since?: string | undefined
  /** Looked for in name, topic and address. */
  readonly term?: string | undefined
  /** Room types wanted; `null` is a room without one. */
  readonly types?: readonly (string | null)[] | undefined
}

/** The entries are raw and hostile. */
export interface RawDirectoryPage {
  readonly chunk: readonly JsonObject[]
  readonly nextBatch: string | undefined
  readonly prevBatch: string | undefined
  readonly total: number | undefined
}

/** Server-server `GET /hierarchy/{roomId}`; what is inside is raw and hostile. */
export interface RawSpaceAnswer {
  readonly room: JsonObject
  readonly children: readonly JsonObject[]
  readonly inaccessible: readonly string[]
}

/** What finding rooms asks of other servers; failures are `RemoteError`. */
export interface RemoteFinding {
  publicRooms(dest: ServerName, query: DirectoryQuery): Promise<RawDirectoryPage>
  spaceHierarchy(dest: ServerName, roomId: RoomId): Promise<RawSpaceAnswer>
}
