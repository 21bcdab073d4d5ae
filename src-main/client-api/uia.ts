import { z } from 'zod'
import type { JsonObject, UserId } from '../core/types.ts'
import { MatrixError } from '../http/errors.ts'
import type { Clock, Random } from '../trace/clock.ts'
import { verifyPassword } from './password.ts'
import type { AccountStore } from './ports.ts'
import { rates, type RateLimiter } from './rate-limit.ts'
import { localpartOf } from './ids.ts'

export type AuthStage = 'm.login.password' | 'm.login.dummy' | 'm.login.registration_token'

export const authData = z.looseObject({
  type: z.string().optional(),
  session: z.string().optional(),
  identifier: z.looseObject({ type: z.string(), user: z.string().optional() }).optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
})
export type AuthData = z.infer<typeof authData>

/** User-Interactive Authentication (Client-Server API, "User-Interactive Authentication API"). */
export interface InteractiveAuth {
  /**
   * Resolves when every stage of `flow` is done; the result carries what the stages gave. Otherwise
   * throws the 401 answer with `flows`, `session`, `completed`. `user` is whose password is asked for.
   */
  require(
    flow: readonly AuthStage[],
    purpose: string,
    auth: AuthData | undefined,
    user: UserId | undefined,
  ): Promise<{ registrationToken: string | undefined; session: string }>
  /**
   * Asks for the user's own password. The owner's account starts without one; then its session is all
   * the proof there is. Resolves when the operation may go ahead, once.
   */
  requirePassword(purpose: string, auth: AuthData | undefined, user: UserId): Promise<void>
  /** The operation succeeded: the session cannot be used again. */
  finish(session: string): void
}

const SESSION_MS = 15 * 60_000
const MAX_SESSIONS = 5_000

interface AuthSession {
  readonly purpose: string
  readonly completed: Set<AuthStage>
  registrationToken: string | undefined
  readonly expires: number
}

export function createInteractiveAuth(deps: {
  accounts: AccountStore
  clock: Clock
  random: Random
  limiter: RateLimiter
}): InteractiveAuth {
  const { accounts, clock, random, limiter } = deps
  const sessions = new Map<string, AuthSession>()

  const open = (purpose: string): string => {
    const now = clock.now()
    for (const [id, session] of sessions) {
      if (session.expires > now && sessions.size < MAX_SESSIONS) break
      sessions.delete(id)
    }
    const id = random.token(24)
    sessions.set(id, {
      purpose,
      completed: new Set(),
      registrationToken: undefined,
      expires: now + SESSION_MS,
    })
    return id
  }

  const passwordStage = async (auth: AuthData, user: UserId | undefined): Promise<void> => {
    const named = auth.identifier?.user ?? auth.user
    if (user === undefined || auth.password === undefined) {
      throw new MatrixError(400, 'M_MISSING_PARAM', '`auth.password` is missing')
    }
    limiter.check(rates.loginFailures, user)
    const isSelf = named === undefined || named === user || named === localpartOf(user)
    if (!(await verifyPassword(auth.password, accounts.passwordHash(user))) || !isSelf) {
      limiter.take(rates.loginFailures, user)
      throw new MatrixError(401, 'M_FORBIDDEN', 'The password is wrong')
    }
  }

  const runStage = async (
    session: AuthSession,
    stage: AuthStage,
    auth: AuthData,
    user: UserId | undefined,
  ): Promise<void> => {
    if (stage === 'm.login.password') await passwordStage(auth, user)
    if (stage === 'm.login.registration_token') {
      if (auth.token === undefined) throw new MatrixError(400, 'M_MISSING_PARAM', '`auth.token` is missing')
      if (!accounts.registrationTokenValid(auth.token)) {
        throw new MatrixError(401, 'M_FORBIDDEN', 'This registration token is not valid')
      }
      session.registrationToken = auth.token
    }
    session.completed.add(stage)
  }

  const api: InteractiveAuth = {
    async require(flow, purpose, auth, user) {
      const known = auth?.session === undefined ? undefined : sessions.get(auth.session)
      const valid = known !== undefined && known.purpose === purpose && known.expires > clock.now()
      // A session is not demanded for single-stage flows: old clients send `auth` at once.
      const id = valid && auth?.session !== undefined ? auth.session : open(purpose)
      const session = sessions.get(id)
      if (session === undefined) throw new MatrixError(500, 'M_UNKNOWN', 'The authentication session is lost')
      const challenge = (extra: JsonObject): MatrixError => {
        const answer = {
          flows: [{ stages: [...flow] }],
          params: {},
          session: id,
          completed: [...session.completed],
        }
        return new UiaChallenge({ ...answer, ...extra })
      }
      if (auth?.type !== undefined) {
        const stage = flow.find((s) => s === auth.type)
        if (stage === undefined) {
          throw challenge({ errcode: 'M_UNRECOGNIZED', error: `${auth.type} is not offered here` })
        }
        try {
          await runStage(session, stage, auth, user)
        } catch (error) {
          if (error instanceof MatrixError && error.status === 401) {
            throw challenge({ errcode: error.errcode, error: error.message })
          }
          throw error
        }
      }
      if (!flow.every((stage) => session.completed.has(stage))) throw challenge({})
      return { registrationToken: session.registrationToken, session: id }
    },
    async requirePassword(purpose, auth, user) {
      if (accounts.passwordHash(user) === undefined) return
      const { session } = await api.require(['m.login.password'], `${purpose} ${user}`, auth, user)
      api.finish(session)
    },
    finish(session) {
      sessions.delete(session)
    },
  }
  return api
}

/** The 401 answer that is not an error but a list of what to do; `errcode` only after a failed attempt. */
export class UiaChallenge extends MatrixError {
  readonly answer: JsonObject
  constructor(answer: JsonObject) {
    super(401, 'M_UNAUTHORIZED', 'More authentication is needed')
    this.name = 'UiaChallenge'
    this.answer = answer
  }
}
