import { pick } from '../core/json.ts'
import type { JsonObject, UserId } from '../core/types.ts'
import { RemoteError } from '../rooms/ports.ts'
import type { ClientAppDeps } from './context.ts'

const FRESH_MS = 60_000
const MAX_KEPT = 1_000
const MAX_BYTES = 64 * 1024
const MAX_NAME = 255

type Answer = { readonly profile: JsonObject } | { readonly error: RemoteError }

/**
 * Profiles of other servers' users, asked for once a minute at most however many look: a room full of
 * faces must not become a stream of requests. A membership event that is newer ends the minute. What they
 * say of themselves is bounded, and has the right types.
 */
export function rememberProfiles(
  deps: Pick<ClientAppDeps, 'remoteProfile' | 'reader' | 'clock'>,
): ClientAppDeps['remoteProfile'] {
  const kept = new Map<UserId, { answer: Promise<Answer>; until: number; memberEvent: string }>()

  async function ask(user: UserId): Promise<Answer> {
    try {
      return { profile: checked(await deps.remoteProfile(user)) }
    } catch (error) {
      if (error instanceof RemoteError) return { error }
      throw error
    }
  }

  /** Of one room that they are in: a change of the profile comes to all of them. */
  function memberEventOf(user: UserId): string {
    const [roomId] = deps.reader.roomsJoinedBy(user)
    return roomId === undefined ? '' : (deps.reader.member(roomId, user)?.eventId ?? '')
  }

  return async (user, field) => {
    const now = deps.clock.now()
    const memberEvent = memberEventOf(user)
    let entry = kept.get(user)
    if (entry === undefined || entry.until <= now || entry.memberEvent !== memberEvent) {
      entry = { answer: ask(user), until: now + FRESH_MS, memberEvent }
      kept.delete(user)
      kept.set(user, entry)
      const oldest = kept.keys().next().value
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
      entry.answer.catch(() => kept.delete(user))
    }
    const answer = await entry.answer
    if ('error' in answer) throw answer.error
    return field === undefined ? answer.profile : pick(answer.profile, [field])
  }
}

function checked(profile: JsonObject): JsonObject {
  const { displayname, avatar_url: avatar, ...rest } = profile
  const known: JsonObject = {}
  if (typeof displayname === 'string') known['displayname'] = displayname.slice(0, MAX_NAME)
  if (typeof avatar === 'string' && avatar.startsWith('mxc://') && avatar.length <= MAX_NAME)
    known['avatar_url'] = avatar
  return Buffer.byteLength(JSON.stringify(rest)) > MAX_BYTES ? known : { ...rest, ...known }
}
