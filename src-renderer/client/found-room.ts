import { z } from 'zod'
import './zod-config.ts'
import { cleanName } from './names.ts'

/** A room as somebody outside of it sees it: from a directory, a space, or its own summary. */
export interface FoundRoom {
  readonly id: string
  readonly name: string
  readonly alias: string | undefined
  readonly topic: string
  readonly avatarMxc: string | undefined
  readonly memberCount: number
  readonly joinRule: JoinRule
  readonly isSpace: boolean
  readonly encrypted: boolean
  /** Rooms and spaces whose members may join, where the rule says so and the server tells. */
  readonly allowedRooms: readonly string[]
  /** Servers through which it can be entered. */
  readonly via: readonly string[]
}

export type JoinRule = 'public' | 'invite' | 'knock' | 'restricted' | 'knock_restricted'

/** A room inside a space, with where it stands in it. */
export interface SpaceEntry {
  readonly room: FoundRoom
  /** 0 for the rooms that the space itself names. */
  readonly depth: number
  readonly suggested: boolean
}

export interface FoundPage {
  readonly rooms: readonly FoundRoom[]
  /** Of the next page; undefined at the end. */
  readonly next: string | undefined
}

const RULES: readonly string[] = ['public', 'invite', 'knock', 'restricted', 'knock_restricted']

const text = z.string().optional().catch(undefined)

/** `PublishedRoomsChunk` of the Client-Server API, and what hierarchy and summary add to it. */
export const foundRoomSchema = z.object({
  room_id: z.string().startsWith('!').max(255),
  name: text,
  canonical_alias: text,
  topic: text,
  avatar_url: text,
  num_joined_members: z.number().int().nonnegative().catch(0),
  join_rule: text,
  room_type: text,
  encryption: text,
  allowed_room_ids: z.array(z.string().startsWith('!').max(255)).max(100).catch([]).optional(),
})

export function toFoundRoom(json: z.infer<typeof foundRoomSchema>, via: readonly string[]): FoundRoom {
  const alias = json.canonical_alias?.startsWith('#') === true ? json.canonical_alias : undefined
  // "Assume `public` if not present" (GET /publicRooms); of an unknown rule only an invitation is safe to expect.
  const rule = json.join_rule ?? 'public'
  return {
    id: json.room_id,
    name: cleanName(json.name) ?? alias ?? 'Room without a name',
    alias,
    topic: json.topic?.slice(0, 1_000) ?? '',
    avatarMxc: json.avatar_url?.startsWith('mxc://') === true ? json.avatar_url : undefined,
    memberCount: json.num_joined_members,
    joinRule: RULES.includes(rule) ? (rule as JoinRule) : 'invite',
    isSpace: json.room_type === 'm.space',
    encrypted: json.encryption !== undefined,
    allowedRooms: json.allowed_room_ids ?? [],
    via,
  }
}

/** One broken row does not hide the others. */
export function foundRooms(chunk: readonly unknown[], via: readonly string[]): FoundRoom[] {
  return chunk.flatMap((each) => {
    const parsed = foundRoomSchema.safeParse(each)
    return parsed.success ? [toFoundRoom(parsed.data, via)] : []
  })
}
