import { z } from 'zod'
import type { JsonObject, UserId } from '../core/types.ts'
import { readBody } from './body.ts'
import type { Register } from './context.ts'

const body = z.looseObject({
  search_term: z.string().max(255),
  limit: z.number().int().positive().optional(),
})
const MAX_RESULTS = 50

/** POST /user_directory/search: this server's users, and everyone in a room with the caller. */
export const registerUserDirectory: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/user_directory/search', async (c) => {
    const { userId } = ctx.session(c)
    const { search_term: term, limit: wanted } = await readBody(c, body)
    const limit = Math.min(wanted ?? 10, MAX_RESULTS)
    const needle = term.trim().toLowerCase()
    const found = new Map<UserId, JsonObject>()
    const consider = (user: UserId, name: string | undefined, avatar: string | undefined): void => {
      if (found.has(user) || found.size > limit) return
      if (!user.toLowerCase().includes(needle) && !(name ?? '').toLowerCase().includes(needle)) return
      const json: JsonObject = { user_id: user }
      if (name !== undefined) json['display_name'] = name
      if (avatar !== undefined) json['avatar_url'] = avatar
      found.set(user, json)
    }
    for (const account of ctx.accounts.accounts()) {
      if (account.deactivated) continue
      const profile = ctx.accounts.profile(account.userId)
      consider(account.userId, profile?.displayName, profile?.avatarUrl)
    }
    for (const roomId of ctx.reader.roomsJoinedBy(userId)) {
      for (const m of ctx.reader.members(roomId, 'join')) consider(m.userId, m.displayName, m.avatarUrl)
    }
    const results = [...found.values()]
    return c.json({ results: results.slice(0, limit), limited: results.length > limit })
  })
}
