import type { RoomEvent } from '../client/types.ts'
import { describeMembership } from './describe-membership.ts'
import { describePowerChange } from './describe-power.ts'
import { added, quoted, shortNames, strings, text } from './event-text.ts'
import { listNames, plural } from './text.ts'

/** What a change says after the name of who made it; undefined when it says nothing to a person. */
type Describe = (event: RoomEvent) => string | undefined

/** What a room is created with is no news; only a change is. */
const isFirst = (event: RoomEvent): boolean => Object.keys(event.prevContent).length === 0

const JOIN_RULES: Readonly<Record<string, string>> = {
  public: 'opened the room to everyone',
  invite: 'made the room for invited people only',
  private: 'made the room for invited people only',
  knock: 'made the room for people who ask to join',
  restricted: 'opened the room to the members of certain spaces or rooms',
  knock_restricted: 'opened the room to the members of certain spaces or rooms; others may ask to join',
}

const HISTORY: Readonly<Record<string, string>> = {
  world_readable: 'opened the history to everybody, also without joining',
  shared: 'let new members read all of the history',
  invited: 'let new members read from their invitation on',
  joined: 'let new members read from their joining on',
}

const DESCRIPTIONS: Readonly<Record<string, Describe>> = {
  'm.room.create': ({ content }) =>
    content['predecessor'] === undefined
      ? `created this ${content['type'] === 'm.space' ? 'space' : 'room'}`
      : 'created this room to replace an earlier one',
  'm.room.name': ({ content }) => {
    const name = text(content['name'])
    return name === undefined ? "removed the room's name" : `named the room ${quoted(name)}`
  },
  'm.room.topic': ({ content }) => {
    const topic = text(content['topic'])
    return topic === undefined ? 'removed the topic' : `changed the topic to ${quoted(topic)}`
  },
  'm.room.avatar': ({ content }) =>
    text(content['url']) === undefined ? "removed the room's picture" : "changed the room's picture",
  'm.room.encryption': () => 'turned on encryption',
  'm.room.tombstone': () => 'upgraded this room; it continues in a new one',
  'm.room.join_rules': (event) => {
    if (text(event.prevContent['join_rule']) === undefined) return undefined
    if (event.content['join_rule'] === event.prevContent['join_rule'])
      return isSame(event.content, event.prevContent)
        ? undefined
        : 'changed whose members may join without an invitation'
    return JOIN_RULES[text(event.content['join_rule']) ?? ''] ?? 'changed who may join'
  },
  'm.room.history_visibility': (event) => {
    if (isFirst(event)) return undefined
    return HISTORY[text(event.content['history_visibility']) ?? ''] ?? 'changed who may read the history'
  },
  'm.room.guest_access': (event) => {
    if (isFirst(event)) return undefined
    return event.content['guest_access'] === 'can_join' ? 'let guests join' : 'closed the room to guests'
  },
  'm.room.canonical_alias': describeAddresses,
  'm.room.power_levels': (event) => (isFirst(event) ? undefined : describePowerChange(event)),
  'm.room.server_acl': describeServers,
  'm.room.pinned_events': (event) => {
    const before = strings(event.prevContent['pinned'])
    const now = strings(event.content['pinned'])
    const more = added(before, now).length
    const fewer = added(now, before).length
    if (more > 0 && fewer > 0) return 'changed the pinned messages'
    if (more > 0) return `pinned ${more === 1 ? 'a message' : plural(more, 'message')}`
    return fewer > 0 ? `unpinned ${fewer === 1 ? 'a message' : plural(fewer, 'message')}` : undefined
  },
  'm.room.third_party_invite': ({ content, prevContent }) => {
    const name = text(content['display_name'])
    if (name !== undefined) return `invited ${name}`
    return `took back the invitation of ${text(prevContent['display_name']) ?? 'somebody'}`
  },
  'm.room.policy': ({ content }) => {
    const server = text(content['via'])
    return server === undefined
      ? 'ended the checking of messages by a server'
      : `lets ${server} check what is sent here`
  },
  'm.space.child': ({ content }) =>
    strings(content['via']).length > 0 ? 'added a room to this space' : 'removed a room from this space',
  'm.space.parent': ({ content }) =>
    strings(content['via']).length > 0 ? 'put this room into a space' : 'took this room out of a space',
}

const SHORTENED = new Set(['m.room.canonical_alias', 'm.room.server_acl', 'm.room.policy'])

/** A state event as a small line; undefined when it says nothing to a person. */
export function describeStateEvent(event: RoomEvent): string | undefined {
  if (event.type === 'm.room.member') return describeMembership(event)
  // Strangers choose the type: `constructor` is none of these.
  const describe = Object.hasOwn(DESCRIPTIONS, event.type) ? DESCRIPTIONS[event.type] : undefined
  const words = describe?.(event)
  return words === undefined
    ? undefined
    : `${event.sender.name} ${SHORTENED.has(event.type) ? shortNames(words) : words}`
}

function describeAddresses({ content, prevContent }: RoomEvent): string | undefined {
  const was = text(prevContent['alias'])
  const is = text(content['alias'])
  if (was !== is) return is === undefined ? 'removed the main address' : `made ${is} the main address`
  const more = added(strings(prevContent['alt_aliases']), strings(content['alt_aliases']))
  const fewer = added(strings(content['alt_aliases']), strings(prevContent['alt_aliases']))
  if (more.length > 0) return `added the address ${listNames(more)}`
  return fewer.length > 0 ? `removed the address ${listNames(fewer)}` : undefined
}

function describeServers({ content, prevContent }: RoomEvent): string | undefined {
  const more = added(strings(prevContent['deny']), strings(content['deny']))
  const fewer = added(strings(content['deny']), strings(prevContent['deny']))
  if (more.length > 0 && fewer.length === 0) return `shut out ${serverNames(more)}`
  if (fewer.length > 0 && more.length === 0) return `lets ${serverNames(fewer)} take part again`
  return isSame(content, prevContent) ? undefined : 'changed which servers may take part'
}

const serverNames = (servers: readonly string[]): string =>
  `${servers.length === 1 ? 'the server' : 'the servers'} ${listNames(servers)}`

/** As JSON: the order of keys hardly ever differs, and a line too many does no harm. */
const isSame = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b)
