import { RoomEvent, type MatrixClient } from 'matrix-js-sdk'
import { cleanName } from './names.ts'

/** What became of asking to come into a room. */
export interface KnockAnswer {
  readonly roomId: string
  readonly name: string
  readonly let: 'in' | 'out'
  /** What the one who answered gives as the reason. */
  readonly reason: string | undefined
}

/**
 * Listens for the answers to knocks. Who asked has said yes already: the invitation that answers is accepted
 * at once. (After a restart of the app it is an ordinary invitation.)
 */
export function createKnocking(sdk: MatrixClient, accept: (roomId: string) => Promise<void>) {
  const listeners = new Set<(answer: KnockAnswer) => void>()

  sdk.on(RoomEvent.MyMembership, (room, membership, before) => {
    if (before !== 'knock') return
    const member = room.getMember(sdk.getSafeUserId())?.events.member
    const reason: unknown = member?.getContent()['reason']
    const tell = (way: KnockAnswer['let']): void => {
      const answer = {
        roomId: room.roomId,
        name: cleanName(room.name) ?? room.roomId,
        let: way,
        reason: typeof reason === 'string' && reason !== '' ? reason.slice(0, 500) : undefined,
      }
      for (const listener of listeners) listener(answer)
    }
    if (membership === 'invite') {
      accept(room.roomId).then(
        () => tell('in'),
        // It stays an invitation, which can be accepted by hand.
        (error: unknown) => console.warn('The room that let one in could not be entered', error),
      )
    } else if ((membership === 'leave' || membership === 'ban') && member?.getSender() !== sdk.getUserId())
      tell('out')
  })

  /** Returns how to stop listening. */
  return (listener: (answer: KnockAnswer) => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
}
