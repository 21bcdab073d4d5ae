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
      status: peerStatus(peer, now, deniedBy(nearby, peer.ownerUserId)),
    }))
    .toSorted((a, b) => Number(b.reachable) - Number(a.reachable) || a.name.localeCompare(b.name))
}

function peerStatus(peer: Peer, now: number, denies: boolean): string {
  if (peer.denied) return 'Not allowed by your settings'
  if (denies) return 'Does not accept this Hearth'
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

/** The owner of this person's server does not allow the own one. */
export function deniedBy(nearby: NearbySnapshot, userId: string): boolean {
  return nearby.deniedBy?.includes(serverOfUser(userId)) === true
}

/** The other side of a direct conversation that could not be invited to it yet. */
function absentPartner({ directWith, members }: RoomDetail): Person | undefined {
  return members.some((member) => member.userId === directWith?.userId) ? undefined : directWith
}

/** Why people of a room are not reached, though their computers are there: their owners' settings. */
export function describeDeniedBy(nearby: NearbySnapshot, room: RoomDetail): string | undefined {
  const members = room.members.filter((member) => deniedBy(nearby, member.userId))
  const partner = absentPartner(room)
  const uninvited = partner !== undefined && deniedBy(nearby, partner.userId) ? partner : undefined
  const people: readonly Person[] = uninvited === undefined ? members : [uninvited]
  if (people.length === 0) return undefined
  const isOne = new Set(people.map((each) => serverOfUser(each.userId))).size === 1
  const names = listNames(people.map((each) => each.name))
  const who = `The ${isOne ? 'server' : 'servers'} of ${names} ${isOne ? 'does' : 'do'} not accept messages from this Hearth`
  const why = isOne ? 'its owner does not allow it' : 'their owners do not allow it'
  const so =
    uninvited === undefined
      ? 'Your messages wait for them, and you may not see what they write.'
      : `${uninvited.name} cannot be invited until that changes.`
  return `${who}: ${why}. ${so}`
}

/** "Mia's computer is offline; 3 messages wait for it", or nothing when everybody can be reached. */
export function describeReachability(
  nearby: NearbySnapshot,
  room: RoomDetail,
  myUserId: string,
): string | undefined {
  const away = new Map<string, { person: Person; peer: Peer }>()
  const partner = absentPartner(room)
  for (const member of partner === undefined ? room.members : [...room.members, partner]) {
    if (member.userId === myUserId || serverOfUser(member.userId) === serverOfUser(myUserId)) continue
    const peer = peerOf(nearby, member.userId)
    // Of those that the settings deny, here or there, the room says something else.
    if (peer !== undefined && !peer.reachable && !peer.denied && !deniedBy(nearby, member.userId))
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
