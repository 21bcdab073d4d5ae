import { serverNameOf } from '../core/ids.ts'
import { setOwn } from '../core/json.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import { ask } from './ask.ts'
import { isLocal, type KeysContext } from './context.ts'
import { readClaim } from './read-answers.ts'

type Wanted = Readonly<Record<string, string>>

/** One key of a local device, handed out once. */
export function claimLocal(
  ctx: KeysContext,
  user: UserId,
  device: string,
  algorithm: string,
): JsonObject | undefined {
  const claimed = ctx.local.claimKey(user, device, algorithm)
  return claimed === undefined ? undefined : { [claimed.keyId]: claimed.key }
}

/** Client-server `POST /keys/claim`: local keys at once, those of other servers from all of these together. */
export async function claim(
  ctx: KeysContext,
  wanted: ReadonlyMap<UserId, Wanted>,
  timeoutMs: number,
): Promise<{ one_time_keys: JsonObject; failures: JsonObject }> {
  const keys: JsonObject = {}
  const failures: JsonObject = {}
  const toAsk = new Map<ServerName, Map<UserId, Wanted>>()
  ctx.local.transaction(() => {
    for (const [user, devices] of wanted) {
      if (!isLocal(ctx, user)) {
        const server = serverNameOf(user)
        toAsk.set(server, (toAsk.get(server) ?? new Map<UserId, Wanted>()).set(user, devices))
        continue
      }
      setOwn(
        keys,
        user,
        collect(devices, (device, algorithm) => claimLocal(ctx, user, device, algorithm)),
      )
    }
  })
  await Promise.all(
    [...toAsk].map(async ([server, users]) => {
      const asked = await ask(ctx, server, () =>
        ctx.remote.claimKeys(server, Object.fromEntries(users), timeoutMs),
      )
      if (!asked.ok) {
        setOwn(failures, server, { errcode: 'M_UNAVAILABLE', error: asked.words })
        return
      }
      for (const [user, devices] of users) {
        const found = collect(devices, (device, algorithm) => readClaim(asked.value, user, device, algorithm))
        setOwn(keys, user, found)
      }
    }),
  )
  return { one_time_keys: keys, failures }
}

function collect(
  devices: Wanted,
  keyOf: (device: string, algorithm: string) => JsonObject | undefined,
): JsonObject {
  const found: JsonObject = {}
  for (const [device, algorithm] of Object.entries(devices)) {
    const key = keyOf(device, algorithm)
    if (key !== undefined) setOwn(found, device, key)
  }
  return found
}
