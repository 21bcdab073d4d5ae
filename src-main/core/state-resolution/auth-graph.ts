import type { EventId, Pdu } from '../types.ts'
import type { ResolveOptions } from './steps.ts'

/**
 * The graph of `auth_events` links as far as one resolution has looked. All walks are iterative and
 * visit an event once: chains are as long as strangers make them, and the event ids of room
 * versions 1 and 2 are free text, so links may even form circles.
 */
export class AuthGraph {
  readonly missing = new Set<EventId>()
  private readonly load: (id: EventId) => Pdu | undefined
  private readonly options: ResolveOptions
  private readonly events = new Map<EventId, Pdu | undefined>()
  private readonly links = new Map<EventId, readonly EventId[]>()

  constructor(load: (id: EventId) => Pdu | undefined, options: ResolveOptions) {
    this.load = load
    this.options = options
  }

  event(id: EventId): Pdu | undefined {
    if (this.events.has(id)) return this.events.get(id)
    const pdu = this.load(id)
    this.events.set(id, pdu)
    if (pdu === undefined) this.missing.add(id)
    return pdu
  }

  /** Auth events of `id`; an unknown event has none. */
  authEvents(id: EventId): readonly EventId[] {
    let links = this.links.get(id)
    if (links === undefined) {
      const cheap = this.events.has(id) ? undefined : this.options.authEventsOf?.(id)
      links = cheap ?? this.event(id)?.authEvents ?? []
      this.links.set(id, links)
    }
    return links
  }

  isRejected(id: EventId): boolean {
    return this.options.isRejected?.(id) ?? false
  }

  /** Whether the links of `id` were looked at already. */
  visited(id: EventId): boolean {
    return this.links.has(id)
  }

  /** `from` and everything reachable from it. */
  closure(from: Iterable<EventId>): Set<EventId> {
    const seen = new Set(from)
    const open = [...seen]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const parent of this.authEvents(id)) {
        if (!seen.has(parent)) {
          seen.add(parent)
          open.push(parent)
        }
      }
    }
    return seen
  }

  /** The events of `within` that have a path to one of `targets`, the targets in it included. */
  reaching(within: ReadonlySet<EventId>, targets: Iterable<EventId>): Set<EventId> {
    const children = new Map<EventId, EventId[]>()
    for (const id of within) {
      for (const parent of this.authEvents(id)) {
        const known = children.get(parent)
        if (known === undefined) children.set(parent, [id])
        else known.push(id)
      }
    }
    const seen = new Set<EventId>()
    const open: EventId[] = []
    for (const id of targets) {
      if (within.has(id) && !seen.has(id)) {
        seen.add(id)
        open.push(id)
      }
    }
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const child of children.get(id) ?? []) {
        if (!seen.has(child)) {
          seen.add(child)
          open.push(child)
        }
      }
    }
    return seen
  }
}
