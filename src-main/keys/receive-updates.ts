import { z } from 'zod'
import { parseUserId } from '../core/ids.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import { checkedDevice, checkedSigningKey, MAX_DEVICES, MAX_ID_LENGTH } from './check-keys.ts'
import { noteNews, sharesRoom, type KeysContext } from './context.ts'

const streamId = z.number().int().nonnegative()
const updateShape = z.object({
  user_id: z.string(),
  device_id: z.string().min(1).max(MAX_ID_LENGTH),
  stream_id: streamId,
  prev_id: z.array(streamId).max(1_000).nullish(),
  deleted: z.boolean().nullish(),
  device_display_name: z.string().nullish(),
  keys: z.unknown().optional(),
})

/** What to do once the updates are on disk. */
export interface Received {
  /** Users whose devices or keys may have changed. */
  readonly changed: Set<UserId>
  /** Users whose list has to be fetched. */
  readonly stale: Set<UserId>
}

/**
 * An `m.device_list_update` (Server-Server API, "Device Management"), in a transaction. One that follows what is
 * here is applied; one that does not, or cannot be read, says that the list has to be fetched again. Of users
 * whose list nobody asked for yet, and of those who share no room, nothing is kept.
 */
export function receiveDeviceUpdate(
  ctx: KeysContext,
  origin: ServerName,
  content: JsonObject,
  received: Received,
): void {
  const user = userOf(ctx, origin, content)
  if (user === undefined) return
  const parsed = updateShape.safeParse(content)
  noteNews(ctx, user, parsed.success ? parsed.data.stream_id : undefined)
  received.changed.add(user)
  const here = ctx.others.status(user)
  if (here === undefined) return
  if (parsed.success && !here.stale) {
    const update = parsed.data
    // Repeated: the list may be newer than the update, where it was fetched meanwhile.
    if (update.stream_id === here.streamId) return
    const previous = update.prev_id ?? []
    const follows =
      here.streamId !== undefined &&
      previous.length > 0 &&
      previous.every((id) => id === here.streamId) &&
      update.stream_id > here.streamId
    const device =
      update.deleted === true
        ? undefined
        : checkedDevice(user, update.device_id, update.keys, update.device_display_name ?? undefined)
    const readable = device !== undefined || update.deleted === true || update.keys === undefined
    if (follows && readable && here.devices < MAX_DEVICES) {
      ctx.others.apply(user, update.device_id, device, update.stream_id)
      return
    }
  }
  ctx.others.markStale(user)
  received.stale.add(user)
}

/** An `m.signing_key_update` (Server-Server API, "End-to-End Encryption"), in a transaction. */
export function receiveSigningKeys(
  ctx: KeysContext,
  origin: ServerName,
  content: JsonObject,
  received: Received,
): void {
  const user = userOf(ctx, origin, content)
  if (user === undefined) return
  noteNews(ctx, user)
  received.changed.add(user)
  if (ctx.others.status(user) === undefined) return
  const masterKey = checkedSigningKey(user, 'master', content['master_key'])
  const selfSigningKey = checkedSigningKey(user, 'self_signing', content['self_signing_key'])
  ctx.others.putSigningKeys(user, { masterKey, selfSigningKey })
}

/** A user of the sender who shares a room; of others nobody here is interested in anything. */
function userOf(ctx: KeysContext, origin: ServerName, content: JsonObject): UserId | undefined {
  const user = parseUserId(content['user_id'])
  if (user?.serverName !== origin) {
    ctx.log.note('key update refused', { server: origin, reason: 'not about a user of its sender' }, 'warn')
    return undefined
  }
  return sharesRoom(ctx, user.userId) ? user.userId : undefined
}
