import { membershipOf } from '../membership.ts'
import { authStateKeysFor, checkAuthRules } from '../auth-rules.ts'
import { createEventIdOf } from '../pdu.ts'
import { roomVersionRules } from '../room-versions.ts'
import { splitStateKey, stateKeyOf } from '../types.ts'
import type {
  EventId,
  JsonObject,
  Pdu,
  RoomId,
  RoomVersionId,
  StateMap,
  StateMapKey,
  UserId,
} from '../types.ts'
import { resolveState } from './index.ts'

export interface Draft {
  type: string
  sender: string
  stateKey?: string
  content?: JsonObject
  /** Defaults to what the auth events selection takes from the state. */
  auth?: readonly EventId[]
  ts?: number
  depth?: number
  id?: string
}

/** A room of unsigned events with made-up ids, each with the state after it. For tests. */
export class TestRoom {
  readonly version: RoomVersionId
  readonly roomId: RoomId
  readonly events = new Map<EventId, Pdu>()
  readonly stateAfter = new Map<EventId, StateMap>()
  readonly getEvent = (id: EventId): Pdu | undefined => this.events.get(id)
  private time = 1_000
  private count = 0

  constructor(version: RoomVersionId) {
    this.version = version
    this.roomId = (roomVersionRules(version).roomIdIsCreateHash ? '!create' : '!room:a.example') as RoomId
  }

  /** Adds an event after `prev`; the state before it is what theirs resolve to. */
  add(prev: readonly EventId[], draft: Draft): EventId {
    const before = resolveState(
      this.version,
      prev.map((id) => this.state(id)),
      this.getEvent,
    )
    return this.addAt(before, prev, draft)
  }

  /** Adds an event on any state, also one that no honest server would have arrived at. */
  addAt(before: StateMap, prev: readonly EventId[], draft: Draft): EventId {
    this.count += 1
    const eventId = (draft.id ??
      `$${draft.type === 'm.room.create' ? 'create' : `e${this.count}`}`) as EventId
    const content = draft.content ?? {}
    const rules = roomVersionRules(this.version)
    const isCreate = draft.type === 'm.room.create'
    const selection = { type: draft.type, sender: draft.sender as UserId, stateKey: draft.stateKey, content }
    const auth = isCreate
      ? []
      : authStateKeysFor(selection, rules).flatMap((key) => {
          const id = before.get(key)
          return id === undefined ? [] : [id]
        })
    const pdu: Pdu = {
      eventId,
      roomId: this.roomId,
      roomVersion: this.version,
      type: draft.type,
      stateKey: draft.stateKey,
      sender: draft.sender as UserId,
      content,
      authEvents: draft.auth ?? auth,
      prevEvents: prev,
      depth: draft.depth ?? 1 + Math.max(0, ...prev.map((id) => this.events.get(id)?.depth ?? 0)),
      originServerTs: draft.ts ?? (this.time += 10),
      redacts: undefined,
      json: {},
    }
    this.events.set(eventId, pdu)
    const after = new Map(before)
    if (draft.stateKey !== undefined) after.set(stateKeyOf(draft.type, draft.stateKey), eventId)
    this.stateAfter.set(eventId, after)
    return eventId
  }

  /** Whether the event would be accepted in `state`. */
  allowed(id: EventId, state: StateMap): boolean {
    const pdu = this.events.get(id)
    if (pdu === undefined) return false
    const decision = checkAuthRules(pdu, roomVersionRules(this.version), (type, stateKey) => {
      const at = state.get(stateKeyOf(type, stateKey))
      if (at !== undefined) return this.events.get(at)
      const create = createEventIdOf(this.roomId)
      return type === 'm.room.create' ? this.events.get(create) : undefined
    })
    return decision.verdict === 'accept'
  }

  state(id: EventId): StateMap {
    return this.stateAfter.get(id) ?? new Map<StateMapKey, EventId>()
  }

  resolve(...heads: EventId[]): StateMap {
    return resolveState(
      this.version,
      heads.map((id) => this.state(id)),
      this.getEvent,
    )
  }

  membership(state: StateMap, user: string): string {
    const id = state.get(stateKeyOf('m.room.member', user))
    return membershipOf(id === undefined ? undefined : this.events.get(id)) ?? 'none'
  }

  /** Create, the creator's join, power levels, join rules, and joins of `members`; returns the last event. */
  begin(options: {
    creator: string
    members?: readonly string[]
    users?: { [user: string]: number }
    additionalCreators?: string[]
  }): EventId {
    const { creator } = options
    const privileged = roomVersionRules(this.version).privilegedCreators
    let last = this.add([], {
      type: 'm.room.create',
      sender: creator,
      stateKey: '',
      content: {
        creator,
        room_version: this.version,
        ...(options.additionalCreators === undefined
          ? {}
          : { additional_creators: options.additionalCreators }),
      },
    })
    last = this.join(last, creator)
    last = this.add([last], {
      type: 'm.room.power_levels',
      sender: creator,
      stateKey: '',
      content: { users: { ...(privileged ? {} : { [creator]: 100 }), ...options.users } },
    })
    last = this.joinRules(last, creator, 'public')
    for (const member of options.members ?? []) last = this.join(last, member)
    return last
  }

  join(prev: EventId, user: string, more: Partial<Draft> = {}): EventId {
    return this.member(prev, user, user, 'join', more)
  }

  member(
    prev: EventId,
    sender: string,
    target: string,
    membership: string,
    more: Partial<Draft> = {},
  ): EventId {
    return this.add([prev], {
      type: 'm.room.member',
      sender,
      stateKey: target,
      ...more,
      content: { membership, ...more.content },
    })
  }

  joinRules(prev: EventId, sender: string, rule: string, more: Partial<Draft> = {}): EventId {
    return this.add([prev], {
      type: 'm.room.join_rules',
      sender,
      stateKey: '',
      content: { join_rule: rule },
      ...more,
    })
  }

  powerLevels(
    prev: EventId,
    sender: string,
    users: { [user: string]: number },
    more: Partial<Draft> = {},
  ): EventId {
    return this.add([prev], {
      type: 'm.room.power_levels',
      sender,
      stateKey: '',
      content: { users },
      ...more,
    })
  }

  topic(prev: EventId, sender: string, topic: string, more: Partial<Draft> = {}): EventId {
    return this.add([prev], { type: 'm.room.topic', sender, stateKey: '', content: { topic }, ...more })
  }
}

export const key = (type: string, stateKey = ''): StateMapKey => stateKeyOf(type, stateKey)

/** For failure messages: the state in words. */
export function readable(state: StateMap): string[] {
  return [...state].map(([at, id]) => `${splitStateKey(at).type}|${splitStateKey(at).stateKey}=${id}`).sort()
}
