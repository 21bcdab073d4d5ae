import type { RoomEvent } from '../client/types.ts'
import { object, quoted, text } from './event-text.ts'

/** What happened to somebody's place in the room, with the reason that was given. */
export function describeMembership(event: RoomEvent): string | undefined {
  const said = describeChange(event)
  const reason = text(event.content['reason'])
  const profile = text(event.content['membership']) === 'join'
  return said === undefined || reason === undefined || profile ? said : `${said}: ${quoted(reason)}`
}

function describeChange(event: RoomEvent): string | undefined {
  const now = text(event.content['membership'])
  const before = text(event.prevContent['membership'])
  const who = event.sender.name
  const whom = event.target?.name ?? 'somebody'
  const own = event.sender.userId === event.stateKey
  switch (now) {
    case 'join':
      if (before === 'join') return describeProfileChange(event)
      return before === 'invite' ? `${whom} accepted the invitation` : `${whom} joined`
    case 'invite': {
      if (before === 'knock') return `${who} agreed that ${whom} joins`
      const thirdParty = text(object(event.content['third_party_invite'])['display_name'])
      return thirdParty === undefined
        ? `${who} invited ${whom}`
        : `${whom} took up the invitation that ${who} sent to ${thirdParty}`
    }
    case 'knock':
      return `${whom} asks to join`
    case 'ban':
      return `${who} banned ${whom}`
    case 'leave':
      return own ? describeOwnLeave(whom, before) : describeRemoval(who, whom, before)
    default:
      return undefined
  }
}

function describeOwnLeave(whom: string, before: string | undefined): string {
  if (before === 'invite') return `${whom} declined the invitation`
  return before === 'knock' ? `${whom} no longer asks to join` : `${whom} left`
}

function describeRemoval(who: string, whom: string, before: string | undefined): string {
  if (before === 'ban') return `${who} lifted the ban of ${whom}`
  if (before === 'knock') return `${who} declined that ${whom} joins`
  return before === 'invite' ? `${who} took back the invitation of ${whom}` : `${who} removed ${whom}`
}

function describeProfileChange(event: RoomEvent): string | undefined {
  const was = text(event.prevContent['displayname'])
  const is = text(event.content['displayname'])
  if (was !== is) {
    if (is === undefined) return `${was ?? 'Somebody'} removed their name`
    return was === undefined ? `Somebody is now called ${is}` : `${was} is now called ${is}`
  }
  return event.content['avatar_url'] === event.prevContent['avatar_url']
    ? undefined
    : `${event.sender.name} changed their picture`
}
