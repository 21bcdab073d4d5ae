import type { UserId } from '../core/types.ts'
import type { PresenceName } from './api.ts'

/** A device that has not been heard of for this long is gone; long polls are shorter. */
const GONE_MS = 3 * 60_000

/** What each device of this server's users said last (client-server "Presence": "per-device data"). */
export class PresenceDevices {
  private readonly users = new Map<UserId, Map<string, { presence: PresenceName; seen: number }>>()

  set(user: UserId, device: string, presence: PresenceName, now: number): void {
    const devices = this.users.get(user) ?? new Map<string, { presence: PresenceName; seen: number }>()
    devices.delete(device)
    if (presence !== 'offline') devices.set(device, { presence, seen: now })
    if (devices.size > 0) this.users.set(user, devices)
    else this.users.delete(user)
  }

  /** A user is there when one of their devices is, and idle when all are. */
  of(user: UserId): PresenceName {
    const said = [...(this.users.get(user)?.values() ?? [])].map((device) => device.presence)
    return said.includes('online') ? 'online' : (said[0] ?? 'offline')
  }

  /** Forgets devices that are silent, and returns their users. */
  sweep(now: number): UserId[] {
    const changed: UserId[] = []
    for (const [user, devices] of this.users) {
      const before = devices.size
      for (const [id, { seen }] of devices) if (now - seen > GONE_MS) devices.delete(id)
      if (devices.size < before) changed.push(user)
      if (devices.size === 0) this.users.delete(user)
    }
    return changed
  }
}
