import type { Json, JsonObject, Pdu, UserId } from '../../core/types.ts'
import { LruCache } from '../../rooms/lru-cache.ts'
import type { PushAction, PushCondition, PushRule, Ruleset } from './rules.ts'

/** What conditions ask of the room. */
export interface RoomFacts {
  readonly joinedMembers: () => number
  readonly displayName: () => string | undefined
  readonly powerLevels: () => JsonObject | undefined
  /** Room versions 12+: creators outrank every level. */
  readonly isCreator: (user: UserId) => boolean
}

export interface PushVerdict {
  readonly notify: boolean
  readonly highlight: boolean
}

const silent: PushVerdict = { notify: false, highlight: false }

/** Which of the user's push rules matches first, and what it says (Client-Server API, "Push Rules"). */
export function evaluate(rules: Ruleset, user: UserId, event: Pdu, room: RoomFacts): PushVerdict {
  const actions = actionsFor(rules, user, event, room)
  if (!actions.includes('notify')) return silent
  return { notify: true, highlight: actions.some(isHighlight) }
}

/** The actions of the first rule that matches; none for the user's own events. */
export function actionsFor(rules: Ruleset, user: UserId, event: Pdu, room: RoomFacts): readonly PushAction[] {
  if (event.sender === user) return []
  for (const rule of rules.override) if (matches(rule, event, room)) return rule.actions
  for (const rule of rules.content) {
    if (rule.enabled && matchesWord(rule.pattern ?? '', event.content['body'])) return rule.actions
  }
  for (const rule of rules.room) if (rule.enabled && rule.rule_id === event.roomId) return rule.actions
  for (const rule of rules.sender) if (rule.enabled && rule.rule_id === event.sender) return rule.actions
  for (const rule of rules.underride) if (matches(rule, event, room)) return rule.actions
  return []
}

export const isHighlight = (action: PushAction): boolean =>
  typeof action === 'object' && action.set_tweak === 'highlight' && action.value !== false

const matches = (rule: PushRule, event: Pdu, room: RoomFacts): boolean =>
  rule.enabled && (rule.conditions ?? []).every((condition) => holds(condition, event, room))

function holds(condition: PushCondition, event: Pdu, room: RoomFacts): boolean {
  switch (condition.kind) {
    case 'event_match': {
      const value = valueAt(event, condition.key ?? '')
      if (typeof value !== 'string' || condition.pattern === undefined) return false
      return condition.key === 'content.body'
        ? matchesWord(condition.pattern, value)
        : globOf(condition.pattern, false).test(value)
    }
    case 'event_property_is':
      return !isDeep(condition.value) && valueAt(event, condition.key ?? '') === condition.value
    case 'event_property_contains': {
      const value = valueAt(event, condition.key ?? '')
      return Array.isArray(value) && condition.value !== undefined && value.includes(condition.value)
    }
    case 'contains_display_name': {
      const name = room.displayName()
      const body = event.content['body']
      if (name === undefined || name === '' || typeof body !== 'string') return false
      return nameIn(name).test(body)
    }
    case 'room_member_count':
      return countHolds(condition.is ?? '', room.joinedMembers())
    case 'sender_notification_permission':
      return mayNotify(event.sender, condition.key ?? 'room', room)
    default:
      // Unknown conditions never match, so that new kinds do not notify by accident.
      return false
  }
}

function countHolds(is: string, count: number): boolean {
  const match = /^(==|<|>|>=|<=)?(\d{1,9})$/.exec(is)
  if (match === null) return false
  const n = Number(match[2])
  switch (match[1]) {
    case '<':
      return count < n
    case '>':
      return count > n
    case '<=':
      return count <= n
    case '>=':
      return count >= n
    default:
      return count === n
  }
}

function mayNotify(sender: UserId, key: string, room: RoomFacts): boolean {
  if (room.isCreator(sender)) return true
  const levels = room.powerLevels()
  const users = objectOf(levels?.['users'])
  const needed = numberOf(objectOf(levels?.['notifications'])[key], 50)
  return numberOf(users[sender], numberOf(levels?.['users_default'], 0)) >= needed
}

const objectOf = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}

/** Power levels may be strings in rooms before version 10. */
function numberOf(value: Json | undefined, fallback: number): number {
  const n = typeof value === 'string' ? Number.parseInt(value, 10) : value
  return typeof n === 'number' && Number.isFinite(n) ? n : fallback
}

const isDeep = (value: Json | undefined): boolean => typeof value === 'object' && value !== null

/** Dot-separated path; `\.` is a literal dot, `\\` a backslash. */
function valueAt(event: Pdu, path: string): Json | undefined {
  let value: Json | undefined = event.json
  const parts = splitPath(path)
  // The JSON of a v12 create event has no room id.
  if (path === 'room_id') return event.roomId
  for (const part of parts) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (!Object.hasOwn(value, part)) return undefined
    value = value[part]
  }
  return value
}

function splitPath(path: string): string[] {
  if (!path.includes('\\')) return path.split('.')
  const parts = ['']
  for (let i = 0; i < path.length; i++) {
    const char = path.charAt(i)
    const next = path.charAt(i + 1)
    if (char === '\\' && (next === '.' || next === '\\')) {
      parts[parts.length - 1] += next
      i++
    } else if (char === '.') parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts
}

const matchesWord = (pattern: string, body: Json | undefined): boolean =>
  typeof body === 'string' && pattern !== '' && globOf(pattern, true).test(body)

function globOf(pattern: string, word: boolean): RegExp {
  return remembered(`${word ? 'w' : 'a'}${pattern}`, () => {
    // Runs of stars are one star: `****…x` must not become a regular expression that never ends.
    const source = escape(pattern.replace(/\*+/g, '*')).replaceAll('\\*', '.*?').replaceAll('\\?', '.')
    return new RegExp(word ? `(?:^|\\W)${source}(?:\\W|$)` : `^${source}$`, 'is')
  })
}

const nameIn = (name: string): RegExp =>
  remembered(`n${name}`, () => new RegExp(`(^|\\W)${escape(name)}(\\W|$)`, 'iu'))

const expressions = new LruCache<string, RegExp>(2_000)

function remembered(key: string, make: () => RegExp): RegExp {
  const known = expressions.get(key)
  if (known !== undefined) return known
  const made = make()
  expressions.set(key, made)
  return made
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
