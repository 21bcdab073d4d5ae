import type { Room } from 'matrix-js-sdk'
import { cleanName, fallbackName, fingerprintOf, serverOf } from './names.ts'
import type { Person } from './types.ts'

/** What conversion needs to know besides the SDK's own objects. */
export interface Surroundings {
  readonly myUserId: string
  directPartner(roomId: string): string | undefined
  /** The name a nearby person announces, for one whose profile is not known yet. */
  nearbyName(userId: string): string | undefined
  /** What somebody was called before, or in another room. */
  formerName(userId: string): string | undefined
  noteName(userId: string, name: unknown): void
}

export function toPerson(around: Surroundings, room: Room | null, userId: string): Person {
  const member = room?.getMember(userId)
  const state = member?.events.member
  // A departure carries no name, but the membership before it did.
  const membership: unknown = state?.getContent()['membership']
  const gone = membership === 'leave' || membership === 'ban'
  // The server of whoever invites need not know what the other one is called.
  const nameless = gone || state === undefined || membership === 'invite'
  const profile = gone ? { ...state?.getPrevContent(), ...state?.getContent() } : state?.getContent()
  const raw: unknown = profile?.['displayname']
  const name = cleanName(typeof raw === 'string' ? raw : undefined)
  const avatar: unknown = profile?.['avatar_url']
  return {
    userId,
    name:
      name ??
      (nameless ? around.formerName(userId) : undefined) ??
      cleanName(around.nearbyName(userId)) ??
      fallbackName(userId),
    avatarMxc: typeof avatar === 'string' ? avatar : undefined,
  }
}

/** People of one name in one room are told apart by their server's fingerprint. */
export function distinguish<T extends Person>(people: readonly T[]): T[] {
  const count = new Map<string, number>()
  for (const { name } of people) count.set(name, (count.get(name) ?? 0) + 1)
  return people.map((each) =>
    (count.get(each.name) ?? 0) > 1
      ? { ...each, name: `${each.name} (${fingerprintOf(serverOf(each.userId))})` }
      : each,
  )
}

export function isSamePerson(a: Person | undefined, b: Person | undefined): boolean {
  return a?.userId === b?.userId && a?.name === b?.name && a?.avatarMxc === b?.avatarMxc
}

export interface RoomPeople {
  person(userId: string): Person
  /** Names or memberships may have changed; returns whose did. */
  refresh(): ReadonlySet<string>
}

/** The people of one room, as their messages show them. */
export function createRoomPeople(around: Surroundings, room: () => Room | null): RoomPeople {
  let known: Map<string, Person> | undefined

  function read(): Map<string, Person> {
    const everyone =
      room()
        ?.getMembers()
        .map((each) => toPerson(around, room(), each.userId)) ?? []
    return new Map(distinguish(everyone).map((each) => [each.userId, each]))
  }

  return {
    person(userId) {
      known ??= read()
      let person = known.get(userId)
      if (person === undefined) known.set(userId, (person = toPerson(around, room(), userId)))
      return person
    },
    refresh() {
      const before = known
      const changed = new Set<string>()
      // Nobody has asked: nothing shows an old name.
      if (before === undefined) return changed
      known = read()
      for (const [userId, person] of before) {
        const now = known.get(userId) ?? toPerson(around, room(), userId)
        if (isSamePerson(person, now)) known.set(userId, person)
        else changed.add(userId)
      }
      return changed
    },
  }
}
