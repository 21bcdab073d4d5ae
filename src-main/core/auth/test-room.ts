/** For tests: a room's state made of bare PDUs, and checks of events against it. */
import { checkAuthRules } from '../auth-rules.ts'
import { serverNameOf } from '../ids.ts'
import { createEventIdOf } from '../pdu.ts'
import { ruleNumberOf, ruleWords } from './rule-words.ts'
import { roomVersionRules, type RoomVersionRules } from '../room-versions.ts'
import {
  stateKeyOf,
  type Decision,
  type EventId,
  type JsonObject,
  type Pdu,
  type RoomId,
  type RoomVersionId,
  type UserId,
} from '../types.ts'

export interface TestEvent {
  type: string
  stateKey?: string
  sender: string
  content?: JsonObject
  prevEvents?: readonly string[]
  redacts?: string
  eventId?: string
}

export class TestRoom {
  readonly rules: RoomVersionRules
  readonly roomId: RoomId
  readonly create: Pdu
  readonly state = new Map<string, Pdu>()
  #count = 0

  /** Created and joined by `@creator:hs1`; public unless told otherwise; no power levels. */
  constructor(version: RoomVersionId, createContent: JsonObject = {}, joinRule = 'public') {
    this.rules = roomVersionRules(version)
    this.roomId = (this.rules.roomIdIsCreateHash ? `!${'c'.repeat(43)}` : '!room:hs1') as RoomId
    this.create = this.put({
      type: 'm.room.create',
      stateKey: '',
      sender: '@creator:hs1',
      content: { ...(this.rules.creatorIsSender ? {} : { creator: '@creator:hs1' }), ...createContent },
      prevEvents: [],
      ...(this.rules.roomIdIsCreateHash ? { eventId: createEventIdOf(this.roomId) } : {}),
    })
    this.put({
      type: 'm.room.join_rules',
      stateKey: '',
      sender: '@creator:hs1',
      content: { join_rule: joinRule },
    })
    this.member('@creator:hs1', 'join')
  }

  event(e: TestEvent): Pdu {
    const eventId = (e.eventId ?? `$${++this.#count}:${serverNameOf(e.sender as UserId)}`) as EventId
    const content = e.content ?? {}
    return {
      eventId,
      roomId: this.roomId,
      roomVersion: this.rules.id,
      type: e.type,
      stateKey: e.stateKey,
      sender: e.sender as UserId,
      content,
      authEvents: [],
      prevEvents: (e.prevEvents ?? ['$previous:hs1']) as EventId[],
      depth: this.#count,
      originServerTs: this.#count,
      redacts: e.redacts as EventId | undefined,
      json: { type: e.type, sender: e.sender, content },
    }
  }

  /** Sets state without asking. */
  put(e: TestEvent): Pdu {
    const pdu = this.event(e)
    this.state.set(stateKeyOf(pdu.type, pdu.stateKey ?? ''), pdu)
    return pdu
  }

  member(user: string, membership: string, sender = user): this {
    this.put({ type: 'm.room.member', stateKey: user, sender, content: { membership } })
    return this
  }

  levels(content: JsonObject): this {
    this.put({ type: 'm.room.power_levels', stateKey: '', sender: '@creator:hs1', content })
    return this
  }

  readonly getState = (type: string, stateKey: string): Pdu | undefined =>
    this.state.get(stateKeyOf(type, stateKey))

  check(e: TestEvent | Pdu): Decision {
    return checkAuthRules('json' in e ? e : this.event(e), this.rules, this.getState)
  }

  /** `accept`, or the number of the rule that rejects. */
  verdict(e: TestEvent | Pdu): string {
    const decision = this.check(e)
    if (decision.verdict === 'accept') return 'accept'
    const number = ruleNumberOf(decision.rule) ?? decision.rule
    // Whatever refuses an event can be explained.
    if (ruleWords(this.rules, number) === undefined) throw new Error(`no words for ${decision.rule}`)
    return number
  }
}
