import { describeMembership } from './describe-membership.ts'
import { describeMessage } from './describe-event.ts'
import type { RoomEvent } from './types.ts'

export interface Notice {
  readonly title: string
  readonly body: string
}

export interface Told {
  readonly roomName: string
  readonly threadId: string | undefined
  readonly event: RoomEvent
}

const LONGEST_TITLE = 150
const LONGEST_BODY = 300

/** What a notification says of a message, or of somebody who asks to come in. What its author hides is not shown on a locked screen. */
export function noticeOf({ roomName, threadId, event }: Told): Notice {
  const who = event.sender.name
  const where = threadId === undefined ? roomName : `a thread of ${roomName}`
  const title = roomName === who && threadId === undefined ? who : `${who} in ${where}`
  return {
    title: cut(title, LONGEST_TITLE),
    body: cut(bodyOf(event), LONGEST_BODY),
  }
}

function bodyOf(event: RoomEvent): string {
  if (event.type === 'm.room.member') return describeMembership(event) ?? ''
  return isHidden(event) ? 'Hidden text' : describeMessage(event)
}

function isHidden(event: RoomEvent): boolean {
  const html = event.content['formatted_body']
  return typeof html === 'string' && html.includes('data-mx-spoiler')
}

function cut(text: string, most: number): string {
  const characters = Array.from(text.trim())
  return characters.length <= most ? text.trim() : `${characters.slice(0, most - 1).join('')}…`
}

/** True the first time an id is seen; remembers the newest ones. */
export function createOnce(most = 500): (id: string) => boolean {
  const seen = new Set<string>()
  return (id) => {
    if (seen.has(id)) return false
    seen.add(id)
    const [oldest] = seen
    if (seen.size > most && oldest !== undefined) seen.delete(oldest)
    return true
  }
}
