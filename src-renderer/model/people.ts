import type { NearbySnapshot, Peer, Person, RoomDetail, RoomSummary } from '../client/types.ts'
import { roleName } from './power.ts'
import { formatAgo } from './time.ts'
import { listNames, plural } from './text.ts'

/** The server part of a user id: everything after the first colon. */
export function serverOfUser(userId: string): string {
  return userId.slice(userId.indexOf(':') + 1)
}

export interface NearbyPerson {
  readonly userId: string
  readonly name: string
  readonly avatarMxc: string | undefined
  readonly reachable: boolean
  /** "Here now", "Seen 5 minutes ago", "3 messages wait". */
  readonly status: string
}

/** People to show as nearby: those who can be reached first, each with a name that is told apart from others. */
export function nearbyPeople(
  nearby: NearbySnapshot,
  rooms: readonly RoomSummary[],
  now: number,
  /** As some room knows them. */
  personOf?: (userId: string) => Person,
): NearbyPerson[] {
  const known = new Map(
    rooms.flatMap((room) =>
      room.directWith === undefined ? [] : [[room.directWith.userId, room.directWith] as const],
    ),
  )
  const people = nearby.peers.map((peer) => {
    const person = known.get(peer.ownerUserId) ?? personOf?.(peer.ownerUserId)
    const name = peer.displayName ?? person?.name ?? `Someone (${peer.fingerprint})`
    return { peer, name, avatarMxc: person?.avatarMxc }
  })
  const count = new Map<string, number>()
  for (const { name } of people) count.set(name, (count.get(name) ?? 0) + 1)
  return people
    .map(({ peer, name, avatarMxc }) => ({
      userId: peer.ownerUserId,
      name:
        (count.get(name) ?? 0) > 1 && peer.displayName !== undefined ? `${name} (${peer.fingerprint})` : name,
      avatarMxc,
      reachable: peer.reachable,
      status: peerStatus(peer, now),
    }))
    .toSorted((a, b) => Number(b.reachable) - Number(a.reachable) || a.name.localeCompare(b.name))
}

function peerStatus(peer: Peer, now: number): string {
  if (peer.denied) return 'Not allowed by your settings'
  if (peer.reachable) return 'Here now'
  if (peer.queuedEvents > 0) return `Offline, ${plural(peer.queuedEvents, 'message')} waiting`
  return peer.lastSeenTs === undefined ? 'Offline' : `Seen ${formatAgo(peer.lastSeenTs, now)}`
}

function peerOf(nearby: NearbySnapshot, userId: string): Peer | undefined {
  const server = serverOfUser(userId)
  return nearby.peers.find((peer) => peer.ownerUserId === userId || peer.serverName === server)
}

/** `undefined` when nothing is known about where this person's computer is. */
export function isReachable(nearby: NearbySnapshot, userId: string): boolean | undefined {
  return peerOf(nearby, userId)?.reachable
}

/** "Mia's computer is offline; 3 messages wait for it", or nothing when everybody can be reached. */
export function describeReachability(
  nearby: NearbySnapshot,
  room: RoomDetail,
  myUserId: string,
): string | undefined {
  const away = new Map<string, { person: Person; peer: Peer }>()
  const partner = room.directWith
  const absent = partner !== undefined && !room.members.some((member) => member.userId === partner.userId)
  for (const member of absent ? [...room.members, partner] : room.members) {
    if (member.userId === myUserId || serverOfUser(member.userId) === serverOfUser(myUserId)) continue
    const peer = peerOf(nearby, member.userId)
    // Of those that the settings deny the room says something else.
    if (peer !== undefined && !peer.reachable && !peer.denied)
      away.set(peer.serverName, { person: member, peer })
  }
  const gone = [...away.values()]
  const [first] = gone
  if (first === undefined) return undefined
  if (gone.length > 1) {
    return `The computers of ${listNames(gone.map((each) => each.person.name))} are offline; messages wait for them`
  }
  const waiting = first.peer.queuedEvents
  const words =
    waiting === 0
      ? 'messages will wait for it'
      : `${plural(waiting, 'message')} ${waiting === 1 ? 'waits' : 'wait'} for it`
  return `${possessive(first.person.name)} computer is offline; ${words}`
}

function possessive(name: string): string {
  return `${name}’s`
}

export function describeTyping(people: readonly Person[]): string | undefined {
  if (people.length === 0) return undefined
  if (people.length > 3) return 'Several people are typing…'
  return `${listNames(people.map((each) => each.name))} ${people.length === 1 ? 'is' : 'are'} typing…`
}

/** Undefined for those who are simply members. */
export function describeRole(powerLevel: number): string | undefined {
  return powerLevel === 0 ? undefined : roleName(powerLevel)
}

export interface PresenceWords {
  readonly presence: 'online' | 'unavailable' | 'offline'
  readonly lastActiveTs: number | undefined
}

/** "Here now", "Away", "Last here 5 minutes ago"; where presence is silent, whether the computer answers. */
export function describePresence(
  presence: PresenceWords | undefined,
  reachable: boolean | undefined,
  now: number,
): string {
  if (presence?.presence === 'online') return 'Here now'
  if (presence?.presence === 'unavailable') return 'Away'
  if (presence?.lastActiveTs !== undefined) return `Last here ${formatAgo(presence.lastActiveTs, now)}`
  if (reachable === undefined) return ''
  return reachable ? 'Computer is on' : 'Offline'
}
