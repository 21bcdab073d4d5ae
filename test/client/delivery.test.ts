import { afterEach, expect, test } from 'vitest'
import type { Deliveries, Delivery } from '../../src-main/client-api/ports.ts'
import type { ServerName } from '../../src-main/core/types.ts'
import { createClientRig, roomOf, until, words, type ClientRig } from './rig.ts'

let rig: ClientRig
afterEach(() => rig.stop())

test('where an own message has arrived is followed while somebody looks', async () => {
  let state: Delivery['state'] = 'waiting'
  const wake: (() => void)[] = []
  const deliveries: Deliveries = {
    of: () => [
      {
        serverName: 'one.test' as ServerName,
        displayName: undefined,
        ts: undefined,
        error: undefined,
        denied: false,
        state,
      },
    ],
    nextChange: (signal) =>
      new Promise((resolve) => {
        wake.push(resolve)
        signal.addEventListener('abort', () => resolve())
      }),
  }
  rig = await createClientRig({ deliveries })
  const alice = await rig.client('alice')
  const roomId = await roomOf(alice)
  alice.sendMessage(roomId, words('hello'))
  const timeline = await until(
    alice.timeline(roomId),
    (now) => now?.events.at(-1)?.content['body'] === 'hello',
  )
  const delivery = alice.delivery(roomId, timeline?.events.at(-1)?.id ?? '')
  const waiting = await until(delivery, (rows) => rows !== undefined)
  expect(waiting).toMatchObject([
    { serverName: 'one.test', state: 'waiting', people: [{ userId: alice.userId }] },
  ])
  const delivered = until(delivery, (rows) => rows?.[0]?.state === 'delivered')
  await expect.poll(() => wake.length).toBeGreaterThan(0)
  state = 'delivered'
  for (const each of wake.splice(0)) each()
  await delivered
})
