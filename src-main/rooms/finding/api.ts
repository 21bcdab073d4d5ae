import type { JsonObject, RoomAlias, RoomId, ServerName, UserId } from '../../core/types.ts'
import type { DirectoryQuery } from './ports.ts'

/** What a room shows to those who are not in it (client-server, RoomSummary); absent is unknown. */
export type RoomSummary = {
  room_id: RoomId
  num_joined_members: number
  world_readable: boolean
  guest_can_join: boolean
  join_rule: string
  name?: string
  topic?: string
  canonical_alias?: string
  avatar_url?: string
  room_type?: string
  /** Of a restricted room: the rooms whose members may join. */
  allowed_room_ids?: RoomId[]
  encryption?: string
  room_version?: string
}

export type SpaceRoom = RoomSummary & {
  /** Stripped `m.space.child` events with `origin_server_ts`, in the order in which to show them. */
  children_state: JsonObject[]
}

export interface DirectoryPage {
  readonly rooms: RoomSummary[]
  readonly nextBatch: string | undefined
  readonly prevBatch: string | undefined
  readonly total: number | undefined
}

export interface SpaceQuery {
  readonly user: UserId
  readonly roomId: RoomId
  /** Servers to ask for the space itself, where this one is not in it. */
  readonly via?: readonly ServerName[]
  readonly suggestedOnly: boolean
  readonly maxDepth: number | undefined
  readonly limit: number
  /** Token of the page before. */
  readonly from: string | undefined
}

export interface SpacePage {
  readonly rooms: SpaceRoom[]
  readonly nextBatch: string | undefined
}

/** Rooms that one is not in (yet): directories, spaces, summaries. Failures are `RoomError`. */
export interface Finding {
  /** A page of the directory of this server, or of another. */
  publicRooms(query: DirectoryQuery, server?: ServerName): Promise<DirectoryPage>
  /** The rooms of a space, depth first, over all servers. */
  hierarchy(query: SpaceQuery): Promise<SpacePage>
  /** Of a room that may be anywhere. */
  summary(args: {
    user: UserId
    room: RoomId | RoomAlias
    via?: readonly ServerName[]
  }): Promise<RoomSummary & { membership: string }>

  // -- for other servers
  publicRoomsForServer(origin: ServerName, query: DirectoryQuery): DirectoryPage
  hierarchyForServer(
    origin: ServerName,
    roomId: RoomId,
    suggestedOnly: boolean,
  ): { room: SpaceRoom; children: SpaceRoom[]; inaccessible: RoomId[] }
}
