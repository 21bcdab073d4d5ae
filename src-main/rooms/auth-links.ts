import { roomVersionRules } from '../core/room-versions.ts'
import type { EventId, Pdu, RoomVersionId } from '../core/types.ts'
import { LruCache } from './lru-cache.ts'

/** Events remembered at most twice over: what was not asked for since so many others goes. */
const GENERATION = 50_000
/** Most events cite the same few. */
const SHARED = 1_000

/**
 * The auth events of events, by id alone. State resolution asks for those of everybody in a room whenever two states
 * differ in what somebody's events rest on: reading the events for it would hold up a large room each time.
 */
export class AuthLinks {
  private readonly load: (id: EventId) => Pdu | undefined
  private young = new Map<EventId, readonly EventId[]>()
  private old = new Map<EventId, readonly EventId[]>()
  private readonly shared = new LruCache<EventId, EventId>(SHARED)

  constructor(load: (id: EventId) => Pdu | undefined) {
    this.load = load
  }

  /** Undefined for a room version whose event ids do not commit to what the event cites: another copy may cite others. */
  of(version: RoomVersionId): ((id: EventId) => readonly EventId[] | undefined) | undefined {
    return roomVersionRules(version).eventIdFormat === 'explicit' ? undefined : (id) => this.get(id)
  }

  /** Undefined for an event that is not stored. */
  private get(id: EventId): readonly EventId[] | undefined {
    const known = this.young.get(id)
    if (known !== undefined) return known
    const links = this.old.get(id) ?? this.load(id)?.authEvents.map((auth) => this.sharedId(auth))
    if (links === undefined) return undefined
    if (this.young.size >= GENERATION) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(id, links)
    return links
  }

  /** One string for all that are alike. */
  private sharedId(id: EventId): EventId {
    const known = this.shared.get(id)
    if (known !== undefined) return known
    this.shared.set(id, id)
    return id
  }
}
