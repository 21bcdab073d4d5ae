import { expect, test } from 'vitest'
import { usePair } from './servers.ts'

interface Row {
  readonly server_name: string
  readonly state: string
  readonly error?: string
}

const pair = usePair()

test('what a Synapse has received is told as delivered, and what waits for it as waiting', async () => {
  const [alice, guest] = [await pair.newUser(pair.hearth), await pair.newUser(pair.synapse)]
  const room = await alice.createRoom({ preset: 'public_chat', invite: [guest.userId] })
  await guest.join(room, pair.hearth.serverName)
  await alice.waitFor('the guest', () => alice.room(room).membershipOf(guest.userId) === 'join')
  const row = async (id: string): Promise<Row | undefined> => {
    const path = `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(id)}`
    return (await alice.call<{ destinations: Row[] }>('GET', path)).destinations[0]
  }
  const first = await alice.say(room, 'first')
  await expect
    .poll(() => row(first), { timeout: 20_000 })
    .toMatchObject({
      server_name: pair.synapse.serverName,
      state: 'delivered',
    })
  await guest.waitForText(room, 'first')

  await pair.synapse.stop()
  const second = await alice.say(room, 'second')
  await expect
    .poll(() => row(second), { timeout: 20_000 })
    .toMatchObject({
      state: 'waiting',
      error: 'The other server cannot be reached.',
    })
  await pair.synapse.start()
  await guest.say(room, 'back')
  await expect.poll(() => row(second), { timeout: 60_000 }).toMatchObject({ state: 'delivered' })
  await guest.waitForText(room, 'second', 60_000)
})
