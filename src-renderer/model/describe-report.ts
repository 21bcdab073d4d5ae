import type { Report } from '../client/reports.ts'
import { fingerprintOf, isKeyName } from '../client/names.ts'
import { listNames } from './text.ts'

/** "Alice reported a message of Bob in Canoe weekend". */
export function describeReport({ reporter, user, room, eventId }: Report): string {
  const who = user?.name ?? 'somebody'
  const nameless = 'a room without a name'
  if (eventId !== undefined)
    return `${reporter.name} reported a message of ${who} in ${room?.name ?? nameless}`
  const place = room?.name === undefined ? nameless : `the room ${room.name}`
  return `${reporter.name} reported ${user === undefined ? place : who}`
}

/** To whom else than the reader it may matter, who could do something about it. */
export function whoMayAct({ concerns }: Report, me: string): string | undefined {
  const moderators = concerns.moderators.filter((each) => each.userId !== me).map((each) => each.name)
  const servers = concerns.servers.map((server) =>
    isKeyName(server) ? `the Hearth ${fingerprintOf(server)}` : server,
  )
  const people = moderators.length === 0 ? [] : [`those who moderate the room (${listNames(moderators)})`]
  const admins = servers.length === 0 ? [] : [`whoever runs ${listNames(servers)}`]
  const all = [...people, ...admins]
  return all.length === 0 ? undefined : `It may matter to ${all.join(', and to ')}.`
}
