import { EventTimeline, type Room } from 'matrix-js-sdk'
import { hasCreators } from './creators.ts'
import { toPerson, type Surroundings } from './people.ts'
import { asObject } from './raw-event.ts'
import type { Outsider, RoomFacts, StateContent } from './types.ts'

/** State of which a room has one, and which the settings show. */
const SINGLE = [
  'm.room.create',
  'm.room.name',
  'm.room.topic',
  'm.room.avatar',
  'm.room.canonical_alias',
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
  'm.room.power_levels',
  'm.room.server_acl',
  'm.room.policy',
  'm.room.encryption',
  'm.room.tombstone',
] as const

export function toFacts(around: Surroundings, room: Room): RoomFacts {
  const current = room.getLiveTimeline().getState(EventTimeline.FORWARDS)
  const state: Record<string, StateContent> = {}
  for (const type of SINGLE) {
    const content: unknown = current?.getStateEvents(type, '')?.getContent()
    const object = asObject(content)
    if (object !== undefined) state[type] = object
  }
  const create = current?.getStateEvents('m.room.create', '')
  const version = room.getVersion()
  const creator = create?.getSender()
  const more: unknown = create?.getContent()['additional_creators']
  const creators = [creator, ...(Array.isArray(more) ? (more as unknown[]) : [])]
  return {
    id: room.roomId,
    version,
    creators: hasCreators(version) ? creators.filter((each): each is string => typeof each === 'string') : [],
    createdBy: creator === undefined ? undefined : toPerson(around, room, creator),
    state,
    knocking: outsiders(around, room, 'knock'),
    banned: outsiders(around, room, 'ban'),
  }
}

function outsiders(around: Surroundings, room: Room, membership: 'knock' | 'ban'): readonly Outsider[] {
  return room.getMembersWithMembership(membership).map((member) => {
    const event = member.events.member
    const sender = event?.getSender()
    const reason: unknown = event?.getContent()['reason']
    return {
      ...toPerson(around, room, member.userId),
      membership,
      reason: typeof reason === 'string' && reason.trim() !== '' ? reason.slice(0, 500) : undefined,
      by: sender === undefined || sender === member.userId ? undefined : toPerson(around, room, sender),
      ts: event?.getTs() ?? 0,
    }
  })
}
