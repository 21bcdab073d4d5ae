import { object } from './event-text.ts'

type Content = Readonly<Record<string, unknown>>

/** A power level; `Infinity` is that of a creator from room version 12 on. */
export const MEMBER = 0
export const MODERATOR = 50
export const OWNER = 100

/** The content of `m.room.power_levels`, with what is left out filled in (CS API, `m.room.power_levels`). */
export interface Levels {
  readonly users: Readonly<Record<string, number>>
  readonly usersDefault: number
  readonly events: Readonly<Record<string, number>>
  readonly eventsDefault: number
  readonly stateDefault: number
  readonly invite: number
  readonly kick: number
  readonly ban: number
  readonly redact: number
  readonly notifyRoom: number
}

/** Levels that others wrote: before room version 10 they may be numbers in strings. */
function level(value: unknown, otherwise: number): number {
  const number = typeof value === 'string' && /^[+-]?\d{1,15}$/u.test(value.trim()) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : otherwise
}

function levelMap(value: unknown): Readonly<Record<string, number>> {
  const entries = Object.entries(object(value)).map(([key, each]) => [key, level(each, Number.NaN)] as const)
  return Object.fromEntries(entries.filter(([, each]) => !Number.isNaN(each)))
}

export function levelsIn(content: Content | undefined): Levels {
  const of = (key: string, otherwise: number): number => level(content?.[key], otherwise)
  return {
    users: levelMap(content?.['users']),
    usersDefault: of('users_default', 0),
    events: levelMap(content?.['events']),
    eventsDefault: of('events_default', 0),
    // A room without the event lets everybody set state.
    stateDefault: of('state_default', content === undefined ? 0 : 50),
    invite: of('invite', 0),
    kick: of('kick', 50),
    ban: of('ban', 50),
    redact: of('redact', 50),
    notifyRoom: level(object(content?.['notifications'])['room'], 50),
  }
}

/** Where in the content a level stands: a key of it, or `events:type`, `users:@id` and `notifications:room`. */
export type LevelKey = string

const NESTED = /^(events|users|notifications):(.+)$/su
const MESSAGE_LIKE = new Set(['m.room.message', 'm.reaction', 'm.room.redaction', 'm.room.encrypted'])

export function levelAt(levels: Levels, key: LevelKey): number {
  const [, group, name = ''] = NESTED.exec(key) ?? []
  switch (group ?? key) {
    case 'events':
      return levels.events[name] ?? (MESSAGE_LIKE.has(name) ? levels.eventsDefault : levels.stateDefault)
    case 'users':
      return levels.users[name] ?? levels.usersDefault
    case 'notifications':
      return levels.notifyRoom
    case 'users_default':
      return levels.usersDefault
    case 'events_default':
      return levels.eventsDefault
    case 'state_default':
      return levels.stateDefault
    case 'invite':
    case 'kick':
    case 'ban':
    case 'redact':
      return levels[key as 'invite' | 'kick' | 'ban' | 'redact']
    default:
      return Number.NaN
  }
}

/** The content with one level changed, and everything else as it was. */
export function withLevel(content: Content, key: LevelKey, value: number): Content {
  const [, group, name = ''] = NESTED.exec(key) ?? []
  if (group === undefined) return { ...content, [key]: value }
  const before = object(content[group])
  // Whoever has the level of everybody needs no entry.
  if (group === 'users' && value === levelsIn(content).usersDefault) {
    const { [name]: _gone, ...others } = before
    return { ...content, users: others }
  }
  return { ...content, [group]: { ...before, [name]: value } }
}

/** "Owner", "Moderator", "Member", or the number. */
export function roleName(value: number, usersDefault = MEMBER): string {
  if (value === Infinity) return 'Creator'
  if (value >= OWNER) return value === OWNER ? 'Owner' : `Owner (${value})`
  if (value === usersDefault && value < MODERATOR) return 'Member'
  if (value === MODERATOR) return 'Moderator'
  return value === MEMBER ? 'Member' : `Power level ${value}`
}

export interface Permission {
  readonly key: LevelKey
  /** As a row of a table that is called "Who may …". */
  readonly label: string
  /** After "changed who may". */
  readonly infinitive: string
  readonly group: 'messages' | 'people' | 'room'
  readonly only?: 'space' | 'room'
}

const permission = (
  group: Permission['group'],
  key: LevelKey,
  infinitive: string,
  only?: Permission['only'],
): Permission => ({
  key,
  label: `${infinitive.charAt(0).toUpperCase()}${infinitive.slice(1)}`,
  infinitive,
  group,
  ...(only === undefined ? {} : { only }),
})

/** What a room lets people do, by their power. */
export const PERMISSIONS: readonly Permission[] = [
  permission('messages', 'events_default', 'send messages', 'room'),
  permission('messages', 'events:m.reaction', 'react to messages', 'room'),
  permission('messages', 'notifications:room', 'notify everybody with @room', 'room'),
  permission('messages', 'events:m.room.pinned_events', 'pin messages', 'room'),
  permission('messages', 'redact', 'delete messages of others', 'room'),
  permission('people', 'invite', 'invite people'),
  permission('people', 'kick', 'remove people'),
  permission('people', 'ban', 'ban people'),
  permission('people', 'events:m.room.power_levels', 'change roles and this table'),
  permission('room', 'events:m.room.name', 'change the name'),
  permission('room', 'events:m.room.topic', 'change the topic'),
  permission('room', 'events:m.room.avatar', 'change the picture'),
  permission('room', 'events:m.room.canonical_alias', 'change the addresses'),
  permission('room', 'events:m.room.join_rules', 'change who may join'),
  permission('room', 'events:m.room.history_visibility', 'change who may read the history'),
  permission('room', 'events:m.room.encryption', 'turn on encryption', 'room'),
  permission('room', 'events:m.room.server_acl', 'shut out servers'),
  permission('room', 'events:m.room.tombstone', 'upgrade the room'),
  permission('room', 'events:m.room.policy', 'choose a policy server'),
  permission('room', 'events:m.space.child', 'add rooms to the space', 'space'),
  permission('room', 'state_default', 'change everything else'),
]

/** The kinds of events that have a level of their own in this room, and no row in the table above. */
export function otherLevels(levels: Levels): readonly LevelKey[] {
  const known = new Set(PERMISSIONS.map((each) => each.key))
  return Object.keys(levels.events)
    .map((type) => `events:${type}`)
    .filter((key) => !known.has(key))
    .toSorted()
}
