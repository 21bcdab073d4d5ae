import { MatrixUser } from '../harness/process/matrix-user.ts'
import { NeverDelivered, waitForBurst, type BenchServer } from './measure.ts'
import { inParallel } from './parallel.ts'
import type { Row } from './rows.ts'
import { longestStall } from './stalls.ts'

const FEW = 1
const MANY = 5

/** Bursts to one and to five servers. */
export async function measureBursts(
  name: string,
  one: BenchServer,
  two: BenchServer,
  startAnother: () => Promise<BenchServer>,
  quick: boolean,
  say: (text: string) => void,
): Promise<Row[]> {
  const rows: Row[] = []
  const others = [two]
  try {
    const count = quick ? 200 : 1_000
    rows.push(...(await burstTo(name, one, others, count, say)))
    while (others.length < MANY) others.push(await startAnother())
    rows.push(...(await burstTo(name, one, others, count, say)))
  } finally {
    await Promise.all(others.filter((server) => server !== two).map((server) => server.stop()))
  }
  return rows
}

/** From the first request to the last message shown on the last of the other servers. */
async function burstTo(
  name: string,
  one: BenchServer,
  others: readonly BenchServer[],
  count: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const peers = others.length === FEW ? 'one server' : `${others.length} servers`
  say(`a burst of ${count} messages to ${peers}`)
  const alice = await MatrixUser.register(one, `burst-alice${others.length}`)
  const readers = await Promise.all(
    others.map((server, n) => MatrixUser.register(server, `burst-reader${others.length}-${n}`)),
  )
  try {
    const room = await alice.createRoom({ preset: 'public_chat' })
    for (const reader of readers) {
      await reader.startSync({ timelineLimit: 1_000 })
      await reader.join(room, one.serverName)
      await reader.waitFor('the room', () => reader.room(room).membership === 'join')
    }
    const since = Date.now()
    const startedAt = performance.now()
    const ids = await inParallel(count, async (n) => await alice.say(room, `burst ${n}`))
    // Synapse shows some of them in the history only.
    const missing = await Promise.all(readers.map((reader) => missingOf(reader, room, ids)))
    const perSecond = count / ((performance.now() - startedAt) / 1000)
    const lost = missing.reduce((sum, n) => sum + n, 0)
    return [
      {
        label: `Burst of ${count} messages to ${peers}: read by all`,
        goal: others.length === FEW ? '1000/s' : '',
        values: { [name]: lost === 0 ? `${Math.round(perSecond)}/s` : `never (${lost} missing)` },
      },
      ...[one, ...others.slice(0, 1)].map((server) => ({
        label: `… to ${peers}: longest stall of ${server === one ? 'the sender' : 'a receiver'}`,
        goal: '50 ms',
        values: { [name]: longestStall(server, since) },
      })),
    ]
  } finally {
    await Promise.all([alice, ...readers].map((user) => user.close()))
  }
}

/** How many of a burst the reader never gets. */
async function missingOf(reader: MatrixUser, room: string, ids: readonly string[]): Promise<number> {
  try {
    await waitForBurst(reader, room, ids)
    return 0
  } catch (error) {
    if (error instanceof NeverDelivered) return error.missing
    throw error
  }
}
