import { z } from 'zod'
import { parseUserId } from '../core/ids.ts'
import { isObject } from '../core/json.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import { MAX_ID_LENGTH } from './check-keys.ts'
import { isLocal, sharesWithServer, type KeysContext } from './context.ts'

/** Of the content of one message to one device, as JSON. */
export const MAX_MESSAGE_BYTES = 64 * 1024
/** That wait for one device which does not sync. */
const MAX_WAITING = 20_000
/** Those of them that take more than a page of the disk; keys of rooms take less. */
const MAX_LARGE = 1_000
const LARGE_BYTES = 4_096
/** Those of them from servers that share no room with its user, who may be anybody. */
const MAX_OF_STRANGERS = 100

const shape = z.object({
  sender: z.string(),
  type: z.string().max(MAX_ID_LENGTH),
  message_id: z.string().min(1).max(MAX_ID_LENGTH),
  messages: z.record(z.string(), z.record(z.string(), z.custom<JsonObject>(isObject))),
})

interface Target {
  readonly user: UserId
  /** As the sender named it. */
  readonly deviceId: string
  readonly devices: readonly string[]
  readonly body: JsonObject
  readonly from: 'stranger' | undefined
}

/**
 * An `m.direct_to_device` (Server-Server API, "Send-to-device messaging"), in the transaction in which it is
 * received: once for each message id, and before the sender hears of it. Answers who has something waiting.
 * `waiting` remembers, for one transaction, how much there is for a device.
 */
export function receiveToDevice(
  ctx: KeysContext,
  origin: ServerName,
  content: JsonObject,
  waiting: Map<string, number>,
): UserId[] {
  const parsed = shape.safeParse(content)
  const sender = parsed.success ? parseUserId(parsed.data.sender) : undefined
  if (!parsed.success || sender?.serverName !== origin) {
    const reason = parsed.success ? 'not from a user of its sender' : 'not readable'
    ctx.log.note('to-device message refused', { server: origin, reason }, 'warn')
    return []
  }
  const { type, message_id: messageId, messages } = parsed.data
  const targets: Target[] = []
  for (const [id, devices] of Object.entries(messages)) {
    const user = parseUserId(id)?.userId
    if (user === undefined || !isLocal(ctx, user)) continue
    const from = sharesWithServer(ctx, user, origin) ? undefined : 'stranger'
    const own = ctx.local.devices(user).map((device) => device.deviceId)
    const known = new Set(own)
    for (const [deviceId, body] of Object.entries(devices)) {
      const named = known.has(deviceId) ? [deviceId] : []
      const target: Target = { user, devices: deviceId === '*' ? own : named, deviceId, body, from }
      const values = { server: origin, user, device: shown(deviceId), type }
      if (target.devices.length === 0) ctx.log.note('to-device message for no device', values)
      else if (isOneTooMany(ctx, target)) {
        const reason = `strangers sent ${MAX_OF_STRANGERS} that it has not read`
        ctx.log.note('to-device message refused', { ...values, reason }, 'warn')
      } else targets.push(target)
    }
  }
  // Of what nobody is given no id is kept: strangers would fill the disk with them.
  if (targets.length === 0 || !ctx.local.claimToDeviceMessage(origin, messageId)) return []
  const reached: UserId[] = []
  for (const target of targets) {
    const { user, deviceId, body, from } = target
    const trouble = troubleWith(ctx, target, waiting)
    if (trouble !== undefined) {
      const values = { server: origin, user, device: shown(deviceId), type, reason: trouble }
      ctx.log.note('to-device message refused', values, 'warn')
      continue
    }
    ctx.local.addToDevice(user, deviceId, { type, sender: sender.userId, content: body }, from)
    reached.push(user)
  }
  return reached
}

const shown = (deviceId: string): string => deviceId.slice(0, MAX_ID_LENGTH)

function isOneTooMany(ctx: KeysContext, { user, devices, from }: Target): boolean {
  if (from === undefined) return false
  return devices.some((id) => ctx.local.toDeviceOfStrangers(user, id, MAX_OF_STRANGERS) >= MAX_OF_STRANGERS)
}

function troubleWith(
  ctx: KeysContext,
  { user, devices, body }: Target,
  waiting: Map<string, number>,
): string | undefined {
  const bytes = JSON.stringify(body).length
  if (bytes > MAX_MESSAGE_BYTES) return 'larger than 64 KiB'
  for (const device of devices) {
    if (bytes > LARGE_BYTES && ctx.local.largeToDevice(user, device, MAX_LARGE) >= MAX_LARGE) {
      ctx.local.noteLost({ userId: user, deviceId: device }, 1)
      return `the device ${device} has not read ${MAX_LARGE} earlier ones of more than 4 KiB`
    }
    const key = `${user} ${device}`
    const count = waiting.get(key) ?? ctx.local.toDeviceWaiting(user, device, MAX_WAITING)
    if (count >= MAX_WAITING) {
      ctx.local.noteLost({ userId: user, deviceId: device }, 1)
      return `the device ${device} has not read ${MAX_WAITING} earlier ones`
    }
    waiting.set(key, count + 1)
  }
  return undefined
}
