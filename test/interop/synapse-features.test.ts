import { expect, test } from 'vitest'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { until } from '../harness/process/wait.ts'
import { usePair, type TestServer } from './servers.ts'

const pair = usePair()
const { newUser } = pair

/** The host's server, the host, and the guest of the other server: once each way. */
async function bothWays(
  run: (server: TestServer, host: MatrixUser, guest: MatrixUser) => Promise<void>,
): Promise<void> {
  await run(pair.hearth, await newUser(pair.hearth), await newUser(pair.synapse))
  await run(pair.synapse, await newUser(pair.synapse), await newUser(pair.hearth))
}

const joined = async (host: MatrixUser, room: string, guest: MatrixUser) =>
  await host.waitFor('the join', () => host.room(room).membershipOf(guest.userId) === 'join')

test.each(['1', '2', '3', '4', '5', '6', '7', '8', '9'])(
  'room version %s: joined, written in and redacted in, both ways',
  async (version) => {
    await bothWays(async (server, host, guest) => {
      const room = await host.createRoom({ preset: 'public_chat', room_version: version })
      await guest.join(room, server.serverName)
      const id = await guest.say(room, 'from the guest')
      await host.waitForText(room, 'from the guest')
      await host.say(room, 'from the host')
      await guest.waitForText(room, 'from the host')
      await host.redact(room, id)
      await until(
        'the guest sees the redaction',
        async () => (await guest.event(room, id)).content['body'] === undefined,
      )
    })
  },
)

test('both servers write at once; all that was accepted is on both, and the room works on', async () => {
  await bothWays(async (server, host, guest) => {
    const room = await host.createRoom({ preset: 'public_chat' })
    await guest.join(room, server.serverName)
    await joined(host, room, guest)
    const writes = Array.from({ length: 40 }, (_, n) => [
      host.say(room, `host ${n}`),
      guest.say(room, `guest ${n}`),
    ])
    const ids = await Promise.all(writes.flat())
    for (const user of [host, guest]) {
      await until(
        `everything is there for ${user.userId}`,
        async () => {
          const read = new Set((await user.history(room)).map((event) => event.event_id))
          return ids.every((id) => read.has(id))
        },
        40_000,
        250,
      )
    }
    await host.setState(room, 'm.room.topic', { topic: 'after the storm' })
    await guest.waitFor(
      'the topic',
      () => guest.room(room).stateContent('m.room.topic')?.['topic'] === 'after the storm',
    )
  })
})

test('restricted rooms are joined by members of the space they name, both ways', async () => {
  await bothWays(async (server, host, guest) => {
    const space = await host.createRoom({
      preset: 'public_chat',
      room_version: '10',
      creation_content: { type: 'm.space' },
    })
    const allow = [{ type: 'm.room_membership', room_id: space }]
    const rule = { type: 'm.room.join_rules', state_key: '', content: { join_rule: 'restricted', allow } }
    const room = await host.createRoom({ room_version: '10', initial_state: [rule] })
    await expect(guest.join(room, server.serverName)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
    await guest.join(space, server.serverName)
    await joined(host, space, guest)
    await guest.join(room, server.serverName)
    await joined(host, room, guest)
  })
})
