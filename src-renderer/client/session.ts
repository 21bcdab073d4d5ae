import { z } from 'zod'
import './zod-config.ts'
import type { Session } from './types.ts'

const STORAGE_KEY = 'hearth.session'
const DEVICE_NAME = 'Hearth'

const sessionSchema = z.object({
  clientUrl: z.string(),
  userId: z.string(),
  deviceId: z.string(),
  accessToken: z.string(),
})

const loginResponse = z.object({ user_id: z.string(), device_id: z.string(), access_token: z.string() })
const errorResponse = z.object({ errcode: z.string().catch('M_UNKNOWN'), error: z.string().catch('') })

/** A login that the node refused, with a sentence for the person. `code` is the Matrix error code. */
export class LoginError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'LoginError'
    this.code = code
  }
}

export function loadSession(storage: Storage): Session | undefined {
  try {
    const parsed = sessionSchema.safeParse(JSON.parse(storage.getItem(STORAGE_KEY) ?? 'null'))
    return parsed.success ? parsed.data : undefined
  } catch {
    // An unreadable entry is as good as none: the person signs in again.
    return undefined
  }
}

export function saveSession(storage: Storage, session: Session): void {
  storage.setItem(STORAGE_KEY, JSON.stringify(session))
}

export function clearSession(storage: Storage): void {
  storage.removeItem(STORAGE_KEY)
}

/** `POST /_matrix/client/v3/login` with `m.login.token` (Client-Server API, "Login"). */
export function loginWithToken(clientUrl: string, token: string): Promise<Session> {
  return login(clientUrl, { type: 'm.login.token', token })
}

/** `POST /_matrix/client/v3/login` with `m.login.password`. `user` is a user id or its local part. */
export function loginWithPassword(clientUrl: string, user: string, password: string): Promise<Session> {
  return login(clientUrl, {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: user.trim() },
    password,
  })
}

async function login(clientUrl: string, body: Record<string, unknown>): Promise<Session> {
  let response: Response
  try {
    response = await fetch(`${clientUrl}/_matrix/client/v3/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, initial_device_display_name: DEVICE_NAME }),
    })
  } catch {
    throw new LoginError('HEARTH_UNREACHABLE', 'Hearth does not answer. Is it still running?')
  }
  const json: unknown = await response.json().catch(() => null)
  if (!response.ok) {
    const error = errorResponse.safeParse(json).data
    throw new LoginError(error?.errcode ?? 'M_UNKNOWN', describeRefusal(error?.errcode, error?.error))
  }
  const parsed = loginResponse.safeParse(json)
  if (!parsed.success)
    throw new LoginError('M_BAD_JSON', 'Hearth gave an answer that could not be understood.')
  return {
    clientUrl,
    userId: parsed.data.user_id,
    deviceId: parsed.data.device_id,
    accessToken: parsed.data.access_token,
  }
}

function describeRefusal(code: string | undefined, sentence: string | undefined): string {
  if (code === 'M_FORBIDDEN') return 'The name and the password do not match an account here.'
  if (code === 'M_LIMIT_EXCEEDED') return 'Too many attempts. Wait a minute, then try again.'
  return sentence !== undefined && sentence !== '' ? sentence : 'Hearth refused the sign-in.'
}
