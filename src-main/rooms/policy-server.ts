import { parsePdu } from '../core/pdu.ts'
import { isObject, own, ownString } from '../core/json.ts'
import { isRecommendedBy, needsRecommendation, readPolicy, type RoomPolicy } from '../core/policy-server.ts'
import { POLICY_KEY_ID } from '../core/signatures.ts'
import type { JsonObject, Pdu, RoomId, ServerName } from '../core/types.ts'
import { RoomError } from './api.ts'
import type { RoomsContext } from './context.ts'
import { deniedServer } from './denied-server.ts'
import { LruCache } from './lru-cache.ts'
import { DENIED_HERE, RemoteError } from './ports.ts'

/** Why an event is soft-failed; kept with it. */
export const NOT_RECOMMENDED = 'policy server: it does not recommend the event'

/** A local user waits for it. */
const OWN_TIMEOUT_MS = 10_000
/** Events of others wait in their room: shorter than what a key is waited for. */
const RECEIVED_TIMEOUT_MS = 2_000
/** A policy server that did not answer is not asked about others' events for so long. */
const PAUSE_MS = 30_000

const pauses = new WeakMap<RoomsContext, LruCache<ServerName, number>>()

/**
 * Server-server "Determining if a Policy Server is enabled in a room": by the current state, and with
 * somebody of that server in the room. A room that names this very server has none that anybody could ask.
 */
export function policyOf(ctx: RoomsContext, roomId: RoomId): RoomPolicy | undefined {
  const policy = readPolicy(ctx.store.currentStateEvent(roomId, 'm.room.policy', '')?.pdu.content)
  if (policy === undefined || policy.server === ctx.serverName) return undefined
  return ctx.store.joinedServers(roomId).includes(policy.server) ? policy : undefined
}

/** Check 7 on receipt of a PDU. */
export function isRecommended(ctx: RoomsContext, pdu: Pdu): boolean {
  const policy = policyOf(ctx, pdu.roomId)
  return policy === undefined || isRecommendedBy(policy, pdu)
}

/**
 * An event of a local user with the policy server's signature, where the room needs one. Throws the policy
 * server's own error, or 503 where it cannot be asked.
 */
export async function recommended(ctx: RoomsContext, pdu: Pdu): Promise<Pdu> {
  const policy = policyOf(ctx, pdu.roomId)
  if (policy === undefined || !needsRecommendation(pdu)) return pdu
  return await askToSign(ctx, policy, pdu, OWN_TIMEOUT_MS)
}

/** A received event, with a signature that it lacked if the policy server gives it one now. */
export async function withRecommendation(ctx: RoomsContext, pdu: Pdu): Promise<Pdu> {
  const policy = policyOf(ctx, pdu.roomId)
  if (policy === undefined || isRecommendedBy(policy, pdu)) return pdu
  if (ctx.store.getEvent(pdu.eventId) !== undefined) return pdu
  let paused = pauses.get(ctx)
  if (paused === undefined) pauses.set(ctx, (paused = new LruCache(1_000)))
  if ((paused.get(policy.server) ?? 0) > ctx.clock.now()) return pdu
  try {
    return await askToSign(ctx, policy, pdu, RECEIVED_TIMEOUT_MS)
  } catch (error) {
    if (!(error instanceof RoomError)) throw error
    // It is soft-failed then, as the signature is not there.
    if (error.status >= 500) paused.set(policy.server, ctx.clock.now() + PAUSE_MS)
    return pdu
  }
}

/** Server-server `POST /_matrix/policy/v1/sign`. */
async function askToSign(ctx: RoomsContext, policy: RoomPolicy, pdu: Pdu, timeoutMs: number): Promise<Pdu> {
  const { server } = policy
  const answer = await ctx.log.run('ask policy server', { room: pdu.roomId, server, type: pdu.type }, () =>
    inTime(ctx, server, ctx.remote.policySign(server, pdu, timeoutMs), timeoutMs).catch((error: unknown) => {
      throw asPolicyError(error, server)
    }),
  )
  const signed = withPolicySignature(pdu, server, answer)
  if (signed !== undefined && isRecommendedBy(policy, signed)) return signed
  throw new RoomError(
    403,
    'M_FORBIDDEN',
    `${server}, the policy server of this room, gave a signature that does not hold. The room may name an old key of it.`,
  )
}

function inTime<T>(ctx: RoomsContext, server: ServerName, work: Promise<T>, timeoutMs: number): Promise<T> {
  let cancel = (): void => undefined
  const late = new Promise<never>((_, reject) => {
    cancel = ctx.clock.setTimeout(
      () => reject(new RemoteError(server, 'it did not answer in time', { retryable: true })),
      timeoutMs,
    )
  })
  return Promise.race([work, late]).finally(cancel)
}

/** "That error SHOULD be provided to the client verbatim." */
function asPolicyError(error: unknown, server: ServerName): RoomError {
  if (!(error instanceof RemoteError)) throw error
  const { status, errcode, body } = error
  if (errcode === DENIED_HERE) return deniedServer(server)
  if (status === undefined || status >= 500 || errcode === undefined) {
    return new RoomError(
      503,
      'M_UNKNOWN',
      `${server}, the policy server of this room, cannot be asked whether this may be said here. Try again later.`,
    )
  }
  // What answers is no policy server, and no word of one.
  if (errcode === 'M_UNRECOGNIZED') {
    return new RoomError(
      403,
      'M_FORBIDDEN',
      `${server} is the policy server of this room, but does not know how to be one: nothing can be sent until it is taken out of the settings of the room.`,
    )
  }
  const retryAfter = body?.['retry_after_ms']
  return new RoomError(
    status,
    errcode,
    ownString(body, 'error') ?? `The policy server of this room, ${server}, does not allow this.`,
    typeof retryAfter === 'number' ? { retry_after_ms: retryAfter } : {},
  )
}

/** Nothing of the answer but that one signature; what else the server signed with stays. */
function withPolicySignature(pdu: Pdu, server: ServerName, answer: JsonObject): Pdu | undefined {
  const signature = ownString(own(answer, server), POLICY_KEY_ID)
  if (signature === undefined) return undefined
  const all = pdu.json['signatures']
  const before = own(all, server)
  const signatures = {
    ...(isObject(all) ? all : {}),
    [server]: { ...(isObject(before) ? before : {}), [POLICY_KEY_ID]: signature },
  }
  const parsed = parsePdu({ ...pdu.json, signatures }, pdu.roomVersion)
  return parsed.ok && parsed.pdu.eventId === pdu.eventId ? parsed.pdu : undefined
}
