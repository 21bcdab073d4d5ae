import { z } from 'zod'
import { isUserId, serverNameOf } from '../../core/ids.ts'
import type { JsonObject, UserId } from '../../core/types.ts'
import { badJson, MatrixError } from '../../http/errors.ts'
import { parseBody, userIdParam, type Endpoint, type FederationDeps, type UserKeys } from './endpoint.ts'

const MAX_USERS = 1_000

const querySchema = z.object({ device_keys: z.record(z.string(), z.array(z.string()).nullish()) })
const claimSchema = z.object({ one_time_keys: z.record(z.string(), z.record(z.string(), z.string())) })

function keysOf(deps: FederationDeps): UserKeys {
  if (deps.keys === undefined) throw new MatrixError(404, 'M_UNRECOGNIZED', 'There is no such endpoint here.')
  return deps.keys
}

/** Only users of this server: it does not ask others at a stranger's wish. */
function ownUsers<T>(users: Record<string, T>, deps: FederationDeps): [UserId, T][] {
  const entries = Object.entries(users)
  if (entries.length > MAX_USERS) throw badJson(`More than ${MAX_USERS} users in one request.`)
  return entries.filter(
    (entry): entry is [UserId, T] => isUserId(entry[0]) && serverNameOf(entry[0]) === deps.serverName,
  )
}

/** `POST /_matrix/federation/v1/user/keys/query` ("End-to-End Encryption") */
export const queryKeys: Endpoint = {
  method: 'POST',
  path: '/_matrix/federation/v1/user/keys/query',
  handle(call, deps) {
    const keys = keysOf(deps)
    const asked = ownUsers(parseBody(querySchema, call).device_keys, deps)
    return keys.query(
      call.origin,
      asked.map(([user, devices]) => ({ user, devices: devices ?? [] })),
    )
  },
}

/** `POST /_matrix/federation/v1/user/keys/claim`: each key is handed out once. */
export const claimKeys: Endpoint = {
  method: 'POST',
  path: '/_matrix/federation/v1/user/keys/claim',
  async handle(call, deps) {
    const keys = keysOf(deps)
    const asked = ownUsers(parseBody(claimSchema, call).one_time_keys, deps)
    const answer: Record<string, Record<string, JsonObject>> = {}
    for (const [user, devices] of asked) {
      for (const [device, algorithm] of Object.entries(devices).slice(0, MAX_USERS)) {
        const key = await keys.claim(user, device, algorithm)
        if (key !== undefined) (answer[user] ??= {})[device] = key
      }
    }
    return { one_time_keys: answer }
  },
}

/** `GET /_matrix/federation/v1/user/devices/{userId}` */
export const userDevices: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/user/devices/:userId',
  async handle(call, deps) {
    const keys = keysOf(deps)
    const user = userIdParam(call)
    const found = serverNameOf(user) === deps.serverName ? await keys.devices(call.origin, user) : undefined
    if (found === undefined)
      throw new MatrixError(404, 'M_NOT_FOUND', 'There is no such user on this server.')
    return found
  },
}
