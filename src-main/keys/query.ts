import { serverNameOf } from '../core/ids.ts'
import { setOwn } from '../core/json.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import type { QueryAnswer } from './api.ts'
import { ask } from './ask.ts'
import { isLocal, sharesRoom, whileAsking, type KeysContext } from './context.ts'
import type { RemoteDeviceList } from './ports.ts'
import { readQuery } from './read-answers.ts'
import { visibleDevice, visibleSigningKey } from './visible.ts'

type Wanted = ReadonlyMap<UserId, readonly string[]>
type Known = Pick<RemoteDeviceList, 'devices' | 'masterKey' | 'selfSigningKey'>

/**
 * Client-server `POST /keys/query`. Users of other servers whose list is here and up to date are answered from
 * it; for the rest their servers are asked, all at once. What a server that is away told before is given
 * all the same, beside the failure.
 */
export async function query(
  ctx: KeysContext,
  requester: UserId,
  wanted: Wanted,
  timeoutMs: number,
): Promise<QueryAnswer> {
  const answer = emptyAnswer()
  const toAsk = new Map<ServerName, UserId[]>()
  for (const [user, devices] of wanted) {
    if (isLocal(ctx, user)) addLocal(ctx, answer, requester, user, devices)
    else if (ctx.others.status(user)?.stale === false) addKnown(ctx, answer, requester, user, devices)
    else {
      const ofServer = toAsk.get(serverNameOf(user)) ?? []
      ofServer.push(user)
      toAsk.set(serverNameOf(user), ofServer)
    }
  }
  await Promise.all(
    [...toAsk].map(async ([server, users]) => {
      const asked = await askServer(ctx, server, users, timeoutMs)
      if (!asked.ok) setOwn(answer.failures, server, { errcode: 'M_UNAVAILABLE', error: asked.words })
      for (const user of users) {
        const known = asked.ok ? asked.value.get(user) : undefined
        addKnown(ctx, answer, requester, user, wanted.get(user) ?? [], known)
      }
    }),
  )
  return answer
}

/** The keys of these users as their server tells now; kept where a room is shared. */
function askServer(ctx: KeysContext, server: ServerName, users: readonly UserId[], timeoutMs: number) {
  return whileAsking(ctx, users, async (asking) => {
    const all = Object.fromEntries(users.map((user) => [user, []]))
    const asked = await ask(ctx, server, () => ctx.remote.queryKeys(server, all, timeoutMs))
    if (!asked.ok) return asked
    const told = new Map(users.map((user) => [user, readQuery(user, asked.value)]))
    ctx.local.transaction(() => {
      for (const [user, known] of told) {
        if (!sharesRoom(ctx, user)) continue
        // No stream id comes along: the next update leads to one request more, and then the chain is known.
        const stale = asking.get(user)?.newest !== undefined
        ctx.others.put(user, { ...known, streamId: undefined, stale })
      }
    })
    return { ok: true as const, value: told }
  })
}

function addLocal(
  ctx: KeysContext,
  answer: QueryAnswer,
  requester: UserId,
  user: UserId,
  wanted: readonly string[],
): void {
  if (!ctx.local.exists(user)) return
  const devices = [...ctx.local.deviceKeys(user)].map(([deviceId, keys]) => ({
    deviceId,
    keys,
    displayName: ctx.local.device(user, deviceId)?.displayName,
  }))
  const masterKey = ctx.local.crossSigningKey(user, 'master')
  const selfSigningKey = ctx.local.crossSigningKey(user, 'self_signing')
  addKnown(ctx, answer, requester, user, wanted, { devices, masterKey, selfSigningKey })
  // Whom a user verified is for their own eyes only.
  const userSigningKey = user === requester ? ctx.local.crossSigningKey(user, 'user_signing') : undefined
  if (userSigningKey !== undefined) {
    setOwn(answer.user_signing_keys, user, visibleSigningKey(ctx, user, userSigningKey, requester))
  }
}

function addKnown(
  ctx: KeysContext,
  answer: QueryAnswer,
  requester: UserId,
  user: UserId,
  wanted: readonly string[],
  known: Known | undefined = ctx.others.list(user),
): void {
  if (known === undefined) return
  const devices: JsonObject = {}
  for (const { deviceId, keys, displayName } of known.devices) {
    if (wanted.length > 0 && !wanted.includes(deviceId)) continue
    setOwn(devices, deviceId, visibleDevice(user, keys, displayName))
  }
  setOwn(answer.device_keys, user, devices)
  for (const [into, key] of [
    [answer.master_keys, known.masterKey],
    [answer.self_signing_keys, known.selfSigningKey],
  ] as const) {
    if (key !== undefined) setOwn(into, user, visibleSigningKey(ctx, user, key, requester))
  }
}

const emptyAnswer = (): QueryAnswer => ({
  device_keys: {},
  master_keys: {},
  self_signing_keys: {},
  user_signing_keys: {},
  failures: {},
})
