import type { MatrixClient } from 'matrix-js-sdk'
import { expect, test, vi } from 'vitest'
import { createRoomsApi } from './rooms-api.ts'

const alice = '@alice:a.example'

test('an invitation that was refused is sent again with the next change nearby, one that was taken is not', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const invite = vi.fn().mockRejectedValueOnce(new Error('denied')).mockResolvedValue({})
  // Bob's conversation with Alice, in which she is not: the membership comes only with a later sync.
  const room = { roomId: '!direct', getMyMembership: () => 'join', getMember: () => null }
  const sdk = {
    getAccountData: () => ({ getContent: () => ({ [alice]: [room.roomId] }) }),
    getRoom: () => room,
    invite,
  } as unknown as MatrixClient
  const rooms = createRoomsApi(sdk, '@bob:b.example')
  await rooms.inviteWaiting([alice])
  await rooms.inviteWaiting([alice])
  await rooms.inviteWaiting([alice])
  expect(invite).toHaveBeenCalledTimes(2)
})
