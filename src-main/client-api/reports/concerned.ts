import { ownString } from '../../core/json.ts'
import { creatorsOf, levelEntries, powerLevelsOf } from '../../core/power-levels.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import type { RoomId, ServerName, UserId } from '../../core/types.ts'
import type { Ctx } from '../context.ts'
import { serverOf } from '../ids.ts'

const MAX_MODERATORS = 5

/** A room as the owner of the node sees it in a report, though they may not be in it. */
export interface ReportedRoom {
  readonly name: string | undefined
  /** People in the room who may remove others from it, the mightiest first. */
  readonly moderators: readonly UserId[]
  readonly creators: readonly UserId[]
}

export function reportedRoom({ reader }: Pick<Ctx, 'reader'>, roomId: RoomId): ReportedRoom | undefined {
  const version = reader.getRoom(roomId)?.version
  const rules = version === undefined ? undefined : roomVersionRules(version)
  const state = (type: string) => reader.currentStateEvent(roomId, type, '')?.pdu
  const create = state('m.room.create')
  if (rules === undefined || create === undefined) return undefined
  const content = state('m.room.power_levels')?.content
  const levels = powerLevelsOf(content, create, rules)
  const creators = [...creatorsOf(create, rules)] as UserId[]
  const named = [...levelEntries(content?.['users'], rules).keys()] as UserId[]
  const moderators = [...new Set([...creators, ...named])]
    .filter((user) => levels.userLevel(user) >= levels.kick)
    .filter((user) => reader.member(roomId, user)?.membership === 'join')
    .toSorted((a, b) => Math.sign(levels.userLevel(b) - levels.userLevel(a)) || 0)
  return {
    name: ownString(state('m.room.name')?.content, 'name'),
    moderators: moderators.slice(0, MAX_MODERATORS),
    creators,
  }
}

/** The servers whose administrators a report may matter to: of the person, or else of who made the room. */
export function concernedServers(
  own: ServerName,
  userId: UserId | undefined,
  room: ReportedRoom | undefined,
): ServerName[] {
  const people = userId === undefined ? (room?.creators ?? []) : [userId]
  return [...new Set(people.map((user) => serverOf(user)))].filter((server) => server !== own).slice(0, 5)
}
