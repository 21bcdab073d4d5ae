import { startDomainHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import type { ClientEvent } from '../harness/process/sync-view.ts'
import { until } from '../harness/process/wait.ts'
import { roomsOnSynapse, type BuiltRoom, type RoomsOnSynapse } from './rooms-on-synapse.ts'
import type { Row } from './rows.ts'
import { pageBack } from './scroll-back.ts'
import { longestStall, stallProbe } from './stalls.ts'
import { cpuSeconds, peakMemory } from './usage.ts'

/** More than a room has left open when it was built. */
const ENDS = 200

/**
 * A new node joins large and quarrelsome rooms of a Synapse: how long that takes, what it costs, whether its state
 * is the one that Synapse has, and whether a reader who scrolls back comes by every event.
 */
export async function measureArrival(quick: boolean, say: (text: string) => void): Promise<Row[]> {
  const size = quick ? { members: 100, events: 1_000 } : { members: 2_000, events: 20_000 }
  const built = await roomsOnSynapse(size, say)
  const rows: Row[] = []
  try {
    for (const room of built.rooms) {
      say(`joining: ${room.what}`)
      const hearth = await startDomainHearth(built.certificates, {
        env: stallProbe(),
        // The other server of the quarrels is gone, and with it who could tell its keys.
        args: ['--trusted-key-server', built.synapse.serverName],
      })
      try {
        rows.push(...(await arrive(hearth, built, room)))
      } finally {
        await hearth.stop()
      }
    }
    return rows
  } finally {
    await built.alice.close()
    await built.synapse.stop()
  }
}

async function arrive(hearth: HearthProcess, built: RoomsOnSynapse, room: BuiltRoom): Promise<Row[]> {
  const { synapse, alice } = built
  const bob = await MatrixUser.register(hearth, 'bob')
  const rows: Row[] = []
  const row = (label: string, goal: string, value: string): void => {
    rows.push({ label, goal, values: { hearth: value } })
  }
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`
  /** Does something, and tells what it cost. */
  const measured = async <T>(what: string, work: () => Promise<T>, text: (result: T) => string) => {
    peakMemory(hearth.pid)
    const [since, startedAt, cpu] = [Date.now(), performance.now(), cpuSeconds(hearth.pid)]
    const result = await work()
    const ms = performance.now() - startedAt
    const spent = cpuSeconds(hearth.pid) - cpu
    // The probe writes five times a second.
    await new Promise((resolve) => setTimeout(resolve, 300))
    row(what, '', `${Math.round(ms)} ms${text(result)}`)
    row('… CPU / most memory', '', `${spent.toFixed(1)} s / ${megabytes(peakMemory(hearth.pid))}`)
    row('… longest stall', '50 ms', longestStall(hearth, since))
    return result
  }
  const sync = (filter: object): Promise<object> =>
    bob.call('GET', '/_matrix/client/v3/sync', {
      query: { timeout: 0, filter: JSON.stringify(filter) },
      timeoutMs: 120_000,
    })
  const size = (answer: object): string => `, ${(JSON.stringify(answer).length / 1e6).toFixed(1)} MB`
  try {
    // Many spoke at once: nobody who comes could know the ends that no event refers to, and one refers to ten.
    for (let n = 0; n < ENDS / 10; n++) await alice.say(room.roomId, `all of that, ${n}`)
    await measured(
      `${room.what}: joined`,
      () => bob.join(room.roomId, synapse.serverName),
      () => '',
    )
    row('… state that differs from Synapse’s', 'none', await difference(alice, bob, room.roomId))
    await measured('… first sync, all members', () => sync({}), size)
    await measured(
      '… first sync, members as needed',
      () => sync({ room: { state: { lazy_load_members: true } } }),
      size,
    )
    const { seen } = await measured(
      '… scrolled back to its beginning',
      () => pageBack(bob, room.roomId),
      ({ seen: all, ms }) => `, ${Math.round(all.size / (ms / 1_000))} events/s`,
    )
    const missing = room.events.filter((id) => !seen.has(id)).length
    row('… events never reached', '0', `${missing} of ${room.events.length}`)
    await bob.say(room.roomId, 'I have read all of it')
    row('… state that differs after that', 'none', await difference(alice, bob, room.roomId))
    // The next node finds the room as this one did.
    await bob.leave(room.roomId)
    return rows
  } finally {
    await bob.close()
  }
}

/** Keys of the room's state whose event is another one here and there, once both had the time to hear. */
async function difference(alice: MatrixUser, bob: MatrixUser, roomId: string): Promise<string> {
  const stateOf = async (user: MatrixUser): Promise<Map<string, string>> => {
    const state = await user.call<ClientEvent[]>(
      'GET',
      `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state`,
      { timeoutMs: 120_000 },
    )
    return new Map(state.map((event) => [`${event.type}|${event.state_key}`, event.event_id]))
  }
  let differing: string[] = []
  let size = 0
  try {
    await until('both have the same state', async () => {
      const [theirs, ours] = await Promise.all([stateOf(alice), stateOf(bob)])
      size = theirs.size
      const keys = new Set([...theirs.keys(), ...ours.keys()])
      differing = [...keys].filter((key) => theirs.get(key) !== ours.get(key))
      return differing.length === 0
    })
  } catch (error) {
    if (differing.length === 0) throw error
  }
  return differing.length === 0 ? `none of ${size}` : differing.slice(0, 5).join(', ')
}
