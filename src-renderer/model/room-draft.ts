import type { RoomFacts, StateContent } from '../client/types.ts'
import { object, strings } from './event-text.ts'
import { policyIn } from './policy-server.ts'
import { levelAt, levelsIn, roleName, withLevel, type LevelKey, PERMISSIONS } from './power.ts'

/** One thing that the settings of a room can change. Each level of power is one of its own. */
export type Field =
  | 'name'
  | 'topic'
  | 'avatar'
  | 'joinRule'
  | 'allow'
  | 'history'
  | 'deny'
  | 'policy'
  | `power:${LevelKey}`
/** A picture is a file until it is saved, and an address then. */
export type Value = string | number | readonly string[] | File

interface Edit {
  /** What the room said when the edit began. */
  readonly base: Value
  readonly value: Value
}

/** What a person has changed and not saved. */
export type Draft = ReadonlyMap<Field, Edit>
export const NO_DRAFT: Draft = new Map()

const TYPES: Readonly<Record<string, string>> = {
  name: 'm.room.name',
  topic: 'm.room.topic',
  avatar: 'm.room.avatar',
  joinRule: 'm.room.join_rules',
  allow: 'm.room.join_rules',
  history: 'm.room.history_visibility',
  deny: 'm.room.server_acl',
  policy: 'm.room.policy',
}

/** The event type in whose content a field stands. */
export const typeOf = (field: Field): string => TYPES[field] ?? 'm.room.power_levels'

const keyOf = (field: Field): LevelKey => field.slice('power:'.length)
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What the room says now. */
export function valueIn(facts: RoomFacts, field: Field): Value {
  const content: StateContent | undefined = facts.state[typeOf(field)]
  switch (field) {
    case 'name':
    case 'topic':
      return text(content?.[field])
    case 'avatar':
      return text(content?.['url'])
    case 'joinRule':
      return text(content?.['join_rule']) || 'invite'
    case 'allow':
      return allowedRooms(content)
    case 'history':
      return text(content?.['history_visibility']) || 'shared'
    case 'deny':
      return strings(content?.['deny'])
    case 'policy': {
      const policy = policyIn(content)
      return policy === undefined ? [] : [policy.server, policy.key]
    }
    default:
      return levelAt(levelsIn(content), keyOf(field))
  }
}

function allowedRooms(content: StateContent | undefined): readonly string[] {
  const allow: unknown = content?.['allow']
  if (!Array.isArray(allow)) return []
  return allow.flatMap((each: unknown) => {
    const { type, room_id: roomId } = object(each)
    return type === 'm.room_membership' && typeof roomId === 'string' ? [roomId] : []
  })
}

export function isSameValue(a: Value, b: Value): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a instanceof File || b instanceof File) return a === b
  return a.length === b.length && a.every((each) => b.includes(each))
}

/** As it is shown: edited, else what the room says. */
export const shown = (draft: Draft, facts: RoomFacts, field: Field): Value =>
  draft.get(field)?.value ?? valueIn(facts, field)

/** What is as before is no edit. */
export function withEdit(draft: Draft, facts: RoomFacts, field: Field, value: Value): Draft {
  const next = new Map(draft)
  const current = valueIn(facts, field)
  if (isSameValue(value, current)) next.delete(field)
  else next.set(field, { base: draft.get(field)?.base ?? current, value })
  return next
}

export function withoutEdit(draft: Draft, field: Field): Draft {
  const next = new Map(draft)
  next.delete(field)
  return next
}

/** The person has seen what another one wrote meanwhile, and wants their own. */
export function withKept(draft: Draft, facts: RoomFacts, field: Field): Draft {
  const edit = draft.get(field)
  return edit === undefined
    ? draft
    : new Map(draft).set(field, { base: valueIn(facts, field), value: edit.value })
}

export interface Conflict {
  readonly field: Field
  readonly theirs: Value
}

/** What somebody else changed since the person began to. */
export function conflictsOf(draft: Draft, facts: RoomFacts): readonly Conflict[] {
  return [...draft].flatMap(([field, { base, value }]) => {
    const theirs = valueIn(facts, field)
    return isSameValue(theirs, base) || isSameValue(theirs, value) ? [] : [{ field, theirs }]
  })
}

/** Edits that another's change has made true are none any more. */
export function settled(draft: Draft, facts: RoomFacts): Draft {
  const open = [...draft].filter(([field, { value }]) => !isSameValue(value, valueIn(facts, field)))
  return open.length === draft.size ? draft : new Map(open)
}

export interface StateWrite {
  readonly type: string
  readonly content: StateContent
  /** What the room must still say for this to be written; undefined where it has no such state. */
  readonly basedOn: StateContent | undefined
}

/** One event for each kind of state that is edited, each on top of what the room says now; power at the end. */
export function writesOf(draft: Draft, facts: RoomFacts): readonly StateWrite[] {
  const byType = new Map<string, StateContent>()
  // Whether somebody needs an entry of their own depends on what everybody has.
  const isDefault = (field: Field): number => Number(field === 'power:users_default')
  for (const [field, { value }] of [...draft].toSorted(([a], [b]) => isDefault(b) - isDefault(a))) {
    const type = typeOf(field)
    byType.set(type, applied(byType.get(type) ?? startOf(facts, type), field, value))
  }
  const writes = [...byType].map(([type, content]) => ({ type, content, basedOn: facts.state[type] }))
  // Whoever gives up power must have done everything else by then.
  const isPower = ({ type }: StateWrite): number => Number(type === 'm.room.power_levels')
  return writes.toSorted((a, b) => isPower(a) - isPower(b))
}

function startOf(facts: RoomFacts, type: string): StateContent {
  const content = facts.state[type]
  if (content !== undefined) return content
  if (type === 'm.room.server_acl') return { allow: ['*'], allow_ip_literals: true }
  if (type !== 'm.room.power_levels' || facts.createdBy === undefined || facts.creators.length > 0) return {}
  return { users: { [facts.createdBy.userId]: 100 } }
}

function applied(content: StateContent, field: Field, value: Value): StateContent {
  switch (field) {
    case 'name':
      return { ...content, name: value }
    case 'topic': {
      // It holds the topic in other formats, which would go on saying what was before.
      const { 'm.topic': _formats, ...rest } = content
      return { ...rest, topic: value }
    }
    case 'avatar': {
      const { info: _info, url: _url, ...rest } = content
      return value === '' ? rest : { ...rest, url: value }
    }
    case 'joinRule': {
      const { allow, ...rest } = content
      const restricted = value === 'restricted' || value === 'knock_restricted'
      return { ...rest, join_rule: value, ...(restricted ? { allow: allow ?? [] } : {}) }
    }
    case 'allow': {
      const rooms = Array.isArray(value) ? (value as readonly string[]) : []
      return { ...content, allow: rooms.map((roomId) => ({ type: 'm.room_membership', room_id: roomId })) }
    }
    case 'history':
      return { ...content, history_visibility: value }
    case 'deny':
      return { ...content, allow: content['allow'] ?? ['*'], deny: value }
    case 'policy': {
      const [server, key] = Array.isArray(value) ? (value as readonly string[]) : []
      return server === undefined || key === undefined ? {} : { via: server, public_keys: { ed25519: key } }
    }
    default:
      return withLevel(content, keyOf(field), Number(value))
  }
}

const WORDS: Readonly<Record<string, string>> = {
  name: 'the name',
  topic: 'the topic',
  avatar: 'the picture',
  joinRule: 'who may join',
  allow: 'whose members may join',
  history: 'who may read the history',
  deny: 'the servers that are shut out',
  policy: 'the policy server',
}

/** What a field is called within a sentence; `nameOf` says who a user id is. */
export function describeField(field: Field, nameOf: (userId: string) => string): string {
  const words = WORDS[field]
  if (words !== undefined) return words
  const key = keyOf(field)
  if (key === 'users_default') return 'what new members are'
  if (key.startsWith('users:')) return `the role of ${nameOf(key.slice('users:'.length))}`
  const right = PERMISSIONS.find((each) => each.key === key)
  return right === undefined ? 'the rights' : `who may ${right.infinitive}`
}

/** A value within a sentence; undefined where only that it changed can be said. */
export function describeValue(field: Field, value: Value): string | undefined {
  if (typeof value === 'number') return `“${roleName(value)}”`
  if ((field === 'name' || field === 'topic') && typeof value === 'string')
    return value === '' ? 'nothing' : `“${value.slice(0, 80)}”`
  return undefined
}
