import { z } from 'zod'
import { asServerName, parseUserId } from '../core/ids.ts'
import { isObject } from '../core/json.ts'
import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { breathe } from '../trace/turns.ts'
import { RemoteError } from '../rooms/ports.ts'
import { readBody } from './body.ts'
import { isWorldReadable, type Ctx, type Register } from './context.ts'
import { serverOf } from './ids.ts'
import { PeopleSearch, type Person } from './people-search.ts'
import { rates } from './rate-limit.ts'

const body = z.looseObject({
  search_term: z.string().max(255),
  limit: z.number().int().positive().optional(),
})
const MAX_RESULTS = 50
/** People who are looked at before everything else has its turn. */
const SLICE = 1_000
/** Somebody types, and waits for the list. */
const PATIENCE_MS = 5_000

/**
 * POST /user_directory/search: this server's users; everyone in a room with the caller, or in a public room
 * that this server knows; those of direct chats and nearby. A whole user id of another server is asked for there.
 */
export const registerUserDirectory: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/user_directory/search', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.lookup, userId)
    const { search_term: term, limit: wanted } = await readBody(c, body)
    const limit = Math.min(wanted ?? 10, MAX_RESULTS)
    const search = new PeopleSearch(term)
    for (const account of ctx.accounts.accounts()) {
      if (!account.deactivated) search.consider(localPerson(ctx, account.userId))
    }
    for (const roomId of roomsToLookIn(ctx, userId)) {
      // A user of many large rooms must not stop everything else.
      for (const [index, member] of ctx.reader.members(roomId, 'join').entries()) {
        if (index % SLICE === 0) await breathe()
        if (!ctx.isLocal(member.userId)) search.consider(member)
      }
    }
    for (const person of directPeople(ctx, userId)) search.consider(person)
    for (const person of await nearbyPeople(ctx)) search.consider(person)
    const named = parseUserId(term.trim())?.userId
    if (named !== undefined && !ctx.isLocal(named) && !search.has(named)) {
      const person = await remotePerson(ctx, named)
      if (person !== undefined) search.consider(person)
    }
    const results = search.results()
    return c.json({ results: results.slice(0, limit).map(toJson), limited: results.length > limit })
  })
}

/** The caller's rooms first: the names that people have there are those that the caller knows. */
function roomsToLookIn(ctx: Ctx, userId: UserId): Set<RoomId> {
  const isPublic = (roomId: RoomId): boolean =>
    ctx.reader.currentStateEvent(roomId, 'm.room.join_rules', '')?.pdu.content['join_rule'] === 'public'
  const open = ctx.reader
    .listRooms()
    .filter((room) => room.participating && (isPublic(room.roomId) || isWorldReadable(ctx, room.roomId)))
  return new Set([...ctx.reader.roomsJoinedBy(userId), ...open.map((room) => room.roomId)])
}

function localPerson(ctx: Ctx, userId: UserId): Person {
  const profile = ctx.accounts.profile(userId)
  return { userId, displayName: profile?.displayName, avatarUrl: profile?.avatarUrl }
}

/** Those of direct chats, also of chats that are over. */
function directPeople(ctx: Ctx, userId: UserId): Person[] {
  const direct = ctx.accounts.accountData(userId, undefined, 'm.direct') ?? {}
  return Object.entries(direct).flatMap(([key, rooms]) => {
    const other = parseUserId(key)?.userId
    if (other === undefined || ctx.isLocal(other)) return []
    const ids = Array.isArray(rooms) ? rooms.filter((id) => typeof id === 'string') : []
    const member = ids.map((id) => ctx.reader.member(id as RoomId, other)).find((row) => row !== undefined)
    return { userId: other, displayName: member?.displayName, avatarUrl: member?.avatarUrl }
  })
}

/** The owners of nodes that were found on the network. */
async function nearbyPeople(ctx: Ctx): Promise<Person[]> {
  const peers = await ctx.hearth.peers()
  return peers
    .filter(isObject)
    .flatMap(({ server_name: server, owner_user_id: owner, display_name: name }) => {
      const serverName = typeof server === 'string' ? asServerName(server) : undefined
      if (serverName === undefined || serverName === ctx.serverName || typeof name !== 'string') return []
      const userId = parseUserId(owner ?? `@owner:${serverName}`)?.userId
      return userId === undefined || serverOf(userId) !== serverName
        ? []
        : { userId, displayName: name, avatarUrl: undefined }
    })
}

/** Undefined where their server does not know them, or does not answer in time. */
async function remotePerson(ctx: Ctx, userId: UserId): Promise<Person | undefined> {
  let cancel = (): void => undefined
  const patience = new Promise<undefined>((resolve) => {
    cancel = ctx.clock.setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  const asked = ctx.remoteProfile(userId).catch((error: unknown) => {
    if (error instanceof RemoteError) return undefined
    throw error
  })
  try {
    const profile = await Promise.race([asked, patience])
    if (profile === undefined) return undefined
    const { displayname, avatar_url: avatar } = profile
    return {
      userId,
      displayName: typeof displayname === 'string' ? displayname : undefined,
      avatarUrl: typeof avatar === 'string' ? avatar : undefined,
    }
  } finally {
    cancel()
  }
}

function toJson({ userId, displayName, avatarUrl }: Person): JsonObject {
  return {
    user_id: userId,
    ...(displayName === undefined ? {} : { display_name: displayName }),
    ...(avatarUrl === undefined ? {} : { avatar_url: avatarUrl }),
  }
}
