import { setTimeout as delay } from 'node:timers/promises'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { quantile, residentMemory, type BenchServer } from './measure.ts'
import { inParallel } from './parallel.ts'
import type { Row } from './rows.ts'
import { longestStall } from './stalls.ts'

const MESSAGES = 100

export interface LargeRoom {
  readonly events: number
  readonly members: number
}

/**
 * What a message costs in a new room, in one with a long history, and in one with many members: to the answer,
 * and to the other server's reader. Then the room with many members is joined from the other server.
 */
export async function benchLargeRoom(
  name: string,
  one: BenchServer,
  two: BenchServer,
  size: LargeRoom,
  say: (text: string) => void,
): Promise<Row[]> {
  const alice = await MatrixUser.register(one, 'large-alice')
  const bob = await MatrixUser.register(two, 'large-bob')
  await bob.startSync({ timelineLimit: 50 })
  const rows: Row[] = []
  const row = (label: string, goal: string, value: string): void => {
    rows.push({ label, goal, values: { [name]: value } })
  }
  try {
    const small = await alice.createRoom({ preset: 'public_chat' })
    await bob.join(small, one.serverName)
    say('messages in a new room')
    row('Message in a new room: answered / at the peer, p50', '', shown(await cost(alice, bob, small)))

    say(`a room of ${size.events} events`)
    const long = await alice.createRoom({ preset: 'public_chat' })
    const since = Date.now()
    await inParallel(size.events, async (n) => await alice.say(long, `message ${n}`))
    await bob.join(long, one.serverName)
    say('messages in it')
    row(`… in one of ${size.events} events`, 'the same', shown(await cost(alice, bob, long)))

    say(`a room of ${size.members} members`)
    const wide = await alice.createRoom({ preset: 'public_chat' })
    const people = await inParallel(
      size.members,
      async (n) => await MatrixUser.register(one, `large-member-${n}`),
    )
    for (const person of people) {
      await person.join(wide)
      await person.http.close()
    }
    const per = Math.ceil(size.events / 2)
    await inParallel(per, async (n) => await alice.say(wide, `message ${n}`))
    await delay(1_000)
    const before = residentMemory(two.pid)
    const joinedAt = performance.now()
    const wallClock = Date.now()
    say('joining it')
    await bob.join(wide, one.serverName)
    const answered = performance.now() - joinedAt
    const members = await bob.call<{ joined: Record<string, unknown> }>(
      'GET',
      `/_matrix/client/v3/rooms/${encodeURIComponent(wide)}/joined_members`,
    )
    const came = Object.keys(members.joined).length
    if (came !== size.members + 2) throw new Error(`${came} members came of ${size.members + 2}`)
    await delay(1_000)
    const what = `Join ${size.members} members, ${per} messages`
    row(`${what}: answered`, '', `${Math.round(answered)} ms`)
    row('… memory it took', '', `${Math.round((residentMemory(two.pid) - before) / 1e6)} MB`)
    const stalls = [one, two].map((server) => longestStall(server, wallClock))
    row('… longest stall of who serves', '50 ms', stalls[0] ?? '')
    row('… longest stall of who joins', '50 ms', stalls[1] ?? '')
    say('messages in it')
    row(`Message in a room of ${size.members} members`, 'the same', shown(await cost(alice, bob, wide)))
    row('Longest stall in all of this', '50 ms', longestStall(one, since))
  } finally {
    await Promise.all([alice.close(), bob.close()])
  }
  return rows
}

const shown = ([answered, arrived]: [number, number]): string =>
  `${answered.toFixed(1)} / ${arrived.toFixed(1)} ms`

async function cost(from: MatrixUser, to: MatrixUser, room: string): Promise<[number, number]> {
  const answered: number[] = []
  const arrived: number[] = []
  await to.waitFor('the room', () => to.room(room).membership === 'join', 120_000)
  for (let n = 0; n < MESSAGES + 10; n++) {
    const sentAt = performance.now()
    const id = await from.say(room, `measured ${n}`)
    const answeredAt = performance.now()
    await to.waitFor(`message ${n}`, () => to.room(room).has(id), 60_000)
    if (n < 10) continue
    answered.push(answeredAt - sentAt)
    arrived.push((to.room(room).seenAt.get(id) ?? Number.NaN) - sentAt)
  }
  return [quantile(answered, 0.5), quantile(arrived, 0.5)]
}
