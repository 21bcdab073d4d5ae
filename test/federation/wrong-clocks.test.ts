/** Real nodes whose clocks are hours apart: what the specification allows is delivered, and what is wrong is said. */
import { afterEach, expect, test } from 'vitest'
import type { PeersAnswer } from '../../src-main/inspector/peers/schema.ts'
import { startHearth, startTrustingHearth, type HearthProcess } from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { MovedClock } from '../harness/process/moved-clock.ts'
import { introduce, ownerOf } from '../harness/process/owner.ts'
import { until } from '../harness/process/wait.ts'

const HOUR = 3_600_000
const started: HearthProcess[] = []
const people: MatrixUser[] = []

afterEach(async () => {
  await Promise.all(people.splice(0).map(async (user) => await user.close()))
  await Promise.all(started.splice(0).map(async (node) => await node.stop()))
}, 30_000)

const starts = {
  'its key': async (label: string, { env }: MovedClock) =>
    await startHearth({ label, env, args: ['--no-mdns', '--no-rate-limits'] }),
  'a domain': async (label: string, { env }: MovedClock) => await startTrustingHearth(label, { env }),
} as const

/** Two nodes with these clocks, the owner of each, and a room of both. */
async function startBoth(named: keyof typeof starts, clocks: readonly [MovedClock, MovedClock]) {
  const [right, wrong] = await Promise.all([
    starts[named]('right', clocks[0]),
    starts[named]('wrong', clocks[1]),
  ])
  started.push(right, wrong)
  const [alice, bob] = await Promise.all([ownerOf(right), ownerOf(wrong)])
  people.push(alice, bob)
  if (named === 'its key') await Promise.all([introduce(alice, wrong), introduce(bob, right)])
  await Promise.all([alice.startSync(), bob.startSync()])
  const room = await alice.createRoom({ preset: 'public_chat' })
  await bob.join(room, right.serverName)
  await alice.waitFor('the join', () => alice.room(room).membershipOf(bob.userId) === 'join')
  return { right, wrong, alice, bob, room }
}

const errorOf = async (user: MatrixUser, room: string, id: string): Promise<string | undefined> => {
  const path = `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(id)}`
  const { destinations } = await user.call<{ destinations: { error?: string }[] }>('GET', path)
  return destinations[0]?.error
}

test.each([
  ['its key', 3],
  ['its key', -3],
  ['a domain', 3],
  ['a domain', -3],
] as const)(
  'a node named by %s whose clock is %i hours off hears and is heard, and this is said',
  async (named, hours) => {
    const { wrong, alice, bob, room } = await startBoth(named, [
      new MovedClock(),
      new MovedClock(hours * HOUR),
    ])
    for (let n = 0; n < 5; n++) {
      await alice.say(room, `alice ${n}`)
      await bob.waitForText(room, `alice ${n}`)
      await bob.say(room, `bob ${n}`)
      await alice.waitForText(room, `bob ${n}`)
    }
    // Who wrote it may hear of it later than who it is for.
    await bob.waitForText(room, alice.room(room).texts().at(-1) ?? '')
    expect(alice.room(room).texts()).toEqual(bob.room(room).texts())
    // Who has seen a name sets the next one, whatever the clocks say.
    const power = alice.room(room).stateContent('m.room.power_levels')
    await alice.setState(room, 'm.room.power_levels', {
      ...power,
      users: { [bob.userId]: 100 },
    })
    for (const [writer, reader, name] of [
      [alice, bob, 'of Alice'],
      [bob, alice, 'of Bob'],
      [alice, bob, 'of Alice again'],
    ] as const) {
      await writer.setState(room, 'm.room.name', { name })
      await reader.waitFor(name, () => reader.room(room).stateContent('m.room.name')?.['name'] === name)
    }

    await alice.call('POST', `/_hearth/v1/inspector/peers/${encodeURIComponent(wrong.serverName)}/measure`)
    const { peers } = await alice.call<PeersAnswer>('GET', '/_hearth/v1/inspector/peers')
    const clock = peers.find((peer) => peer.server_name === wrong.serverName)?.clock
    expect(Math.abs((clock?.difference_ms ?? 0) - hours * HOUR)).toBeLessThan(60_000)
  },
  60_000,
)

test('a node whose clock is so late that its keys are expired for others is heard when its clock is set right', async () => {
  const clocks = [new MovedClock(), new MovedClock()] as const
  const { right, wrong, alice, bob, room } = await startBoth('a domain', clocks)
  await Promise.all([right.stop(), wrong.stop()])
  // Two days later, one of them on a machine whose clock lost thirty hours.
  clocks[0].set(48 * HOUR)
  clocks[1].set(18 * HOUR)
  await Promise.all([right.start(), wrong.start()])

  const late = await bob.say(room, 'late')
  const why = await until('it is said why', async () => await errorOf(bob, room, late), 30_000)
  expect(why).toMatch(
    /does not take messages from this one.* has expired: it was valid until .* and here it is/,
  )
  expect(right.stderr).toMatch(/refused .*has expired: it was valid until/)
  expect(alice.room(room).texts()).not.toContain('late')
  // In the other direction nothing is wrong.
  await alice.say(room, 'can you hear me?')
  await bob.waitForText(room, 'can you hear me?')

  await wrong.stop()
  clocks[1].set(48 * HOUR)
  await wrong.start()
  await alice.waitForText(room, 'late', 90_000)
  await bob.say(room, 'yes')
  await alice.waitForText(room, 'yes')
}, 180_000)
