import { serverNameOf } from '../core/ids.ts'
import { setOwn } from '../core/json.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import type { ToDeviceArgs } from './api.ts'
import { isLocal, type KeysContext } from './context.ts'

/** Messages for one server are sent in parts of this size, as JSON, so that none outgrows what servers take. */
const PART_BYTES = 48 * 1024
/** More is not kept for a server that does not come back: about a gigabyte at most. */
const MAX_WAITING = 20_000

/**
 * Client-server `PUT /sendToDevice`. In one transaction, the messages for local devices are put in their
 * inboxes and those for other servers in the queues: each part under an id of its own, by which the other
 * server knows a repetition.
 */
export function sendToDevice(ctx: KeysContext, { session, type, txnId, messages }: ToDeviceArgs): void {
  const reached = new Set<UserId>()
  const servers = ctx.local.transaction((): ServerName[] => {
    if (!ctx.local.claimToDeviceTxn(session, `${type} ${txnId}`)) return []
    const remote = new Map<ServerName, [UserId, string, JsonObject][]>()
    for (const [user, devices] of messages) {
      for (const [deviceId, content] of Object.entries(devices)) {
        if (isLocal(ctx, user)) {
          ctx.local.addToDevice(user, deviceId, { type, sender: session.userId, content })
          reached.add(user)
          continue
        }
        const server = serverNameOf(user)
        const ofServer = remote.get(server) ?? []
        ofServer.push([user, deviceId, content])
        remote.set(server, ofServer)
      }
    }
    const allowed = [...remote.keys()].filter((server) => {
      const isFull = ctx.domainAllowed(server) && ctx.waitingFor(server) >= MAX_WAITING
      const trouble = !ctx.domainAllowed(server)
        ? 'the settings of this server do not allow it'
        : isFull
          ? `it has not taken ${MAX_WAITING} earlier ones`
          : undefined
      if (trouble === undefined) return true
      if (isFull) ctx.local.noteLost({ server }, remote.get(server)?.length ?? 0)
      ctx.log.note('to-device message not sent', { server, user: session.userId, reason: trouble }, 'warn')
      return false
    })
    for (const server of allowed) {
      for (const part of inParts(remote.get(server) ?? [])) {
        const content = { sender: session.userId, type, message_id: ctx.random.token(24), messages: part }
        ctx.rooms.enqueueEdu(server, { edu_type: 'm.direct_to_device', content })
      }
    }
    return allowed
  })
  ctx.wake(reached)
  if (servers.length > 0) ctx.queued(servers)
}

/** In their order; a part may hold one message that is larger than a part should be. */
function inParts(all: readonly [UserId, string, JsonObject][]): JsonObject[] {
  const parts: JsonObject[] = []
  let part: { [user: string]: JsonObject } = {}
  let size = 0
  for (const [user, deviceId, content] of all) {
    const bytes = Buffer.byteLength(JSON.stringify(content)) + deviceId.length + user.length
    if (size > 0 && size + bytes > PART_BYTES) {
      parts.push(part)
      part = {}
      size = 0
    }
    const ofUser = (part[user] ??= {})
    setOwn(ofUser, deviceId, content)
    size += bytes
  }
  if (size > 0) parts.push(part)
  return parts
}
