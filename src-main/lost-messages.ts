import type { ServerName, UserId } from './core/types.ts'
import type { LostToDevice } from './keys/ports.ts'
import type { NetworkProblem } from './network-problems.ts'

const MAX_TOLD = 5

interface Names {
  readonly ofServer: (server: ServerName) => string
  readonly ofUser: (user: UserId) => string
  readonly ofDevice: (user: UserId, deviceId: string) => string | undefined
}

/** What was lost because nobody fetched what came before it, in words for the owner. */
export function lostMessages(lost: readonly LostToDevice[], names: Names): NetworkProblem[] {
  return lost.slice(0, MAX_TOLD).map((each): NetworkProblem => {
    const one = each.messages === 1
    const many = one ? '1 encrypted message' : `${each.messages.toLocaleString('en')} encrypted messages`
    const were = one ? 'it was' : 'they were'
    if ('server' in each)
      return {
        kind: 'lost_messages',
        words: `${many} between devices for ${names.ofServer(each.server)} could not be kept: too many wait already, as that server does not fetch them.`,
        help: `What was said in encrypted rooms when ${were} sent may stay unreadable there. Once it is back, new messages can be read again.`,
      }
    const device = names.ofDevice(each.userId, each.deviceId) ?? each.deviceId
    return {
      kind: 'lost_messages',
      words: `${many} for the device “${device.slice(0, 60)}” of ${names.ofUser(each.userId)} could not be kept: it has not fetched those before.`,
      help: 'If it is not used any more, sign it out. If it is, open it: it fetches what waits, and new messages can be read again.',
    }
  })
}
