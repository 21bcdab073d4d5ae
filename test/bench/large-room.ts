import { setTimeout as delay } from 'node:timers/promises'
import { HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { fillRooms } from './fill-room.ts'
import { quantile, residentMemory, type BenchServer } from './measure.ts'
import { inParallel } from './parallel.ts'
import type { Row } from './rows.ts'
import { longestStall } from './stalls.ts'

const MESSAGES = 100
/** A Synapse is asked for a room this many times smaller: it would take an hour and a half to fill the whole one. */
const SMALLER_FOR_OTHERS = 10

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
  full: LargeRoom,
  say: (text: string) => void,
): Promise<Row[]> {
  const share = one instanceof HearthProcess ? 1 : SMALLER_FOR_OTHERS
  const size = { events: full.events / share, members: full.members / share }
  const alice = await MatrixUser.register(one, 'large-alice')
  const bob = await MatrixUser.register(two, 'large-bob')
  await bob.startSync({ timelineLimit: 50 })
  const rows: Row[] = []
  const row = (label: string, goal: string, value: string): void => {
    rows.push({ label, goal, values: { [name]: value } })
  }
  const ofIt = share === 1 ? '' : ` (1/${share} of it)`
  try {
    const long = await alice.createRoom({ preset: 'public_chat' })
    const wide = await alice.createRoom({ preset: 'public_chat' })
    const per = messagesOfMany(size)
    say(`a room of ${size.events} events, and one of ${size.members} members`)
    await fill(one, alice, { long, wide, per, size })
    const small = await alice.createRoom({ preset: 'public_chat' })
    await bob.join(small, one.serverName)
    await bob.join(long, one.serverName)
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
    const what = `Join ${full.members} members, ${messagesOfMany(full)} messages`
    row(`${what}: answered`, '', `${Math.round(answered)} ms${ofIt}`)
    row('… memory it took', '', `${Math.round((residentMemory(two.pid) - before) / 1e6)} MB`)
    const stalls = [one, two].map((server) => longestStall(server, wallClock))
    row('… longest stall of who serves', '50 ms', stalls[0] ?? '')
    row('… longest stall of who joins', '50 ms', stalls[1] ?? '')
    say('messages in all of them')
    const since = Date.now()
    const [inSmall = '', inLong = '', inWide = ''] = await costs(alice, bob, [small, long, wide])
    row('Message in a new room: answered / at the peer, p50', '', inSmall)
    row(`… in one of ${full.events} events`, 'the same', `${inLong}${ofIt}`)
    row(`… in one of ${full.members} members, ${messagesOfMany(full)} events`, 'the same', `${inWide}${ofIt}`)
    row('… longest stall of the sender', '50 ms', longestStall(one, since))
    row('… longest stall of the peer', '50 ms', longestStall(two, since))
  } finally {
    await Promise.all([alice.close(), bob.close()])
  }
  return rows
}

/** How many messages the room of many members has. */
const messagesOfMany = (size: LargeRoom): number => Math.ceil(size.events / 2.5)

/** As clients would; a node of ours is stopped for it, and filled directly. */
async function fill(
  server: BenchServer,
  alice: MatrixUser,
  { long, wide, per, size }: { long: string; wide: string; per: number; size: LargeRoom },
): Promise<void> {
  if (server instanceof HearthProcess) {
    await server.stop()
    await fillRooms(server.dataDir, [
      { room: long, sender: alice.userId, messages: size.events, members: 0 },
      { room: wide, sender: alice.userId, messages: per, members: size.members },
    ])
    await server.start()
    return
  }
  await inParallel(size.events, async (n) => await alice.say(long, `message ${n}`))
  for (let n = 0; n < size.members; n++) {
    const person = await MatrixUser.register(server, `large-member-${n}`)
    await person.join(wide)
    await person.http.close()
  }
  await inParallel(per, async (n) => await alice.say(wide, `message ${n}`))
}

/** Room after room, message after message, so that whatever else the machine does disturbs all alike. */
async function costs(from: MatrixUser, to: MatrixUser, rooms: readonly string[]): Promise<string[]> {
  const times = rooms.map(() => ({ answered: [] as number[], arrived: [] as number[] }))
  for (const room of rooms) {
    await to.waitFor('the room', () => to.room(room).membership === 'join', 120_000)
  }
  for (let n = 0; n < MESSAGES + 10; n++) {
    for (const [index, room] of rooms.entries()) {
      const sentAt = performance.now()
      const id = await from.say(room, `measured ${n}`)
      const answeredAt = performance.now()
      await to.waitFor(`message ${n}`, () => to.room(room).has(id), 60_000)
      if (n < 10) continue
      times[index]?.answered.push(answeredAt - sentAt)
      times[index]?.arrived.push((to.room(room).seenAt.get(id) ?? Number.NaN) - sentAt)
    }
  }
  return times.map(
    ({ answered, arrived }) =>
      `${quantile(answered, 0.5).toFixed(1)} / ${quantile(arrived, 0.5).toFixed(1)} ms`,
  )
}
