import { expect, test } from 'vitest'
import type { ServerName, UserId } from './core/types.ts'
import { lostMessages } from './lost-messages.ts'

test('says how much was lost, for whom, and what to do', () => {
  const names = {
    ofServer: () => 'Bob',
    ofUser: () => 'Alice',
    ofDevice: () => 'Old phone',
  }
  const [server, device] = lostMessages(
    [
      { server: 'b.example' as ServerName, messages: 1_200, lastTs: 1 },
      { userId: '@alice:a' as UserId, deviceId: 'PHONE', messages: 1, lastTs: 1 },
    ],
    names,
  )
  expect(server?.words).toBe(
    '1,200 encrypted messages between devices for Bob could not be kept: too many wait already, as that server does not fetch them.',
  )
  expect(device?.words).toBe(
    '1 encrypted message for the device “Old phone” of Alice could not be kept: it has not fetched those before.',
  )
  const many = Array.from({ length: 50 }, () => ({ server: 'x' as ServerName, messages: 2, lastTs: 1 }))
  expect(lostMessages(many, names)).toHaveLength(5)
})
