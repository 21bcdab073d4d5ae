/**
 * Two Hearths and a Synapse in one room, each down in turn: what the others said meanwhile reaches it after its
 * return, through whichever of them is up, and all three come to have the same room.
 */
import { afterAll, beforeAll, test } from 'vitest'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { startTriple, type Triple } from '../harness/process/triple.ts'
import { until } from '../harness/process/wait.ts'

interface Party {
  readonly server: { start(): Promise<void>; stop(): Promise<void>; readonly serverName: string }
  readonly user: MatrixUser
}

let triple: Triple
let alice: Party
let bob: Party
let sylvia: Party
let room: string

beforeAll(async () => {
  triple = await startTriple()
  const party = async (server: Triple['alice'] | Triple['synapse'], name: string): Promise<Party> => ({
    server,
    user: await MatrixUser.register(server, name),
  })
  alice = await party(triple.alice, 'alice')
  bob = await party(triple.bob, 'bob')
  sylvia = await party(triple.synapse, 'sylvia')
  for (const { user } of [alice, bob, sylvia]) await user.startSync()
  room = await alice.user.createRoom({
    preset: 'public_chat',
    power_level_content_override: { events: { 'm.room.topic': 0 } },
  })
  for (const { user } of [bob, sylvia]) await user.join(room, alice.server.serverName)
  await everybodySees('hello', alice)
}, 120_000)

afterAll(async () => {
  await Promise.all([alice, bob, sylvia].map((party) => party?.user.close()))
  await triple?.stop()
}, 60_000)

async function everybodySees(text: string, from: Party): Promise<void> {
  await from.user.say(room, text)
  for (const { user } of [alice, bob, sylvia]) await user.waitForText(room, text, 60_000)
}

/** Event ids that are messages, and the current state, as the person's own server tells them. */
async function roomOf({ user }: Party): Promise<{ messages: string[]; state: string[] }> {
  const [events, state] = await Promise.all([user.history(room), user.roomState(room)])
  return {
    messages: events
      .filter((event) => event.type === 'm.room.message')
      .map((event) => event.event_id)
      .toSorted(),
    state: state.map((event) => event.event_id).toSorted(),
  }
}

async function agree(): Promise<void> {
  await until(
    'all three have the same room',
    async () => {
      const [one, two, three] = await Promise.all([alice, bob, sylvia].map(roomOf))
      return JSON.stringify(one) === JSON.stringify(two) && JSON.stringify(one) === JSON.stringify(three)
    },
    60_000,
    500,
  )
}

test.each([
  ['the first Hearth', () => alice, () => [bob, sylvia]],
  ['the second Hearth', () => bob, () => [alice, sylvia]],
  ['the Synapse', () => sylvia, () => [alice, bob]],
] as const)(
  '%s is down for a while',
  async (name, down, up) => {
    await down().server.stop()
    for (let n = 0; n < 5; n++) {
      for (const { user } of up()) await user.say(room, `${user.userId} ${n} without ${name}`)
    }
    await up()[0]?.user.setState(room, 'm.room.topic', { topic: `without ${name}` })
    await down().server.start()
    for (const { user } of up()) {
      await down().user.waitForText(room, `${user.userId} 4 without ${name}`, 60_000)
    }
    await everybodySees(`${name} is back`, down())
    await agree()
  },
  180_000,
)

test.each([
  ['Synapse', () => alice, () => bob, () => sylvia],
  ['Hearth', () => alice, () => sylvia, () => bob],
] as const)(
  'what a %s said that is down by now is had from the third',
  async (_name, away, witness, gone) => {
    await away().server.stop()
    const text = `from ${gone().user.userId}, who then left`
    await gone().user.say(room, text)
    await witness().user.waitForText(room, text, 60_000)
    await gone().server.stop()
    await away().server.start()
    await away().user.waitForText(room, text, 60_000)
    await gone().server.start()
    await everybodySees(`${gone().user.userId} is back`, gone())
    await agree()
  },
  180_000,
)
