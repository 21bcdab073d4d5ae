import type { EventId, ServerName } from '../../core/types.ts'
import type { RoomReader } from '../../rooms/ports.ts'
import type { EventPathAnswer } from '../../federation/event-path.ts'

export interface DeliveryFact {
  readonly server: ServerName
  readonly state: 'waiting' | 'delivered' | 'refused' | 'failed'
  readonly ts: number | undefined
  readonly error: string | undefined
}

/** How sending to a server stands. */
export interface QueueFact {
  readonly allowed: boolean
  readonly failures: number
  readonly retryAt: number | undefined
  readonly lastError: string | undefined
}

/** What the path of an event is put together from, beside the trace: what is on disk. */
export interface PathSources {
  readonly own: ServerName
  readonly rooms: Pick<RoomReader, 'getEvent' | 'receipts'>
  readonly deliveries: (eventId: EventId) => readonly DeliveryFact[]
  readonly queue: (server: ServerName) => QueueFact
  /** What people call a device of a local user. */
  readonly deviceName: (user: string, device: string) => string | undefined
  /** Asks another server how the event fared there. Never rejects. */
  readonly ask: (server: ServerName, eventId: EventId) => Promise<Told>
}

/** What another server told, and when it was asked; times by the clock of this server. */
export type Told =
  | {
      readonly state: 'told'
      readonly answer: EventPathAnswer
      readonly asked: number
      readonly took: number
    }
  | { readonly state: 'unknown-there' }
  /** It runs other software, or an older Hearth. */
  | { readonly state: 'mute' }
  | { readonly state: 'refused' | 'unreachable'; readonly words: string }
