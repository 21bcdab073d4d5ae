import { setTimeout as delay } from 'node:timers/promises'
import { loginToken, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { quantile, waitForBurst, type BenchServer } from './measure.ts'
import { inParallel } from './parallel.ts'
import type { Row } from './rows.ts'
import { cpuSeconds } from './usage.ts'

/** So long a node may go on working after the last message was shown, the trace's file included. */
const AFTERWARDS_MS = 1_500
const MODES = ['off', 'disk'] as const

/**
 * What the inspector's trace costs while nobody looks: the same bursts from node to node, in turns with and without
 * it, so that what else the machine does, and how the room grows, hits both alike.
 */
export async function measureTrace(
  one: BenchServer,
  two: BenchServer,
  quick: boolean,
  say: (text: string) => void,
): Promise<Row[]> {
  const rounds = quick ? 4 : 20
  const count = quick ? 100 : 400
  const nodes = [one, two] as HearthProcess[]
  const owners = await Promise.all(
    nodes.map((node) => MatrixUser.loginWithToken(new MatrixHttp(node.clientUrl), loginToken(node.ready))),
  )
  const alice = await MatrixUser.register(one, 'trace-alice')
  const bob = await MatrixUser.register(two, 'trace-bob')
  const spent = { off: [] as number[], disk: [] as number[] }
  try {
    await bob.startSync({ timelineLimit: 1_000 })
    const room = await alice.createRoom({ preset: 'public_chat' })
    await bob.join(room, one.serverName)
    await bob.waitFor('the room', () => bob.room(room).membership === 'join')
    const burst = async (): Promise<void> => {
      const ids = await inParallel(count, async (n) => await alice.say(room, `message ${n}`))
      await waitForBurst(bob, room, ids)
      await delay(AFTERWARDS_MS)
    }
    const cpu = (): number => nodes.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
    await burst()
    for (let round = 0; round < rounds; round++) {
      say(`the cost of the trace, round ${round + 1} of ${rounds}`)
      for (const trace of round % 2 === 0 ? MODES : MODES.toReversed()) {
        for (const owner of owners) await owner.call('PATCH', '/_hearth/v1/settings', { body: { trace } })
        const before = cpu()
        await burst()
        spent[trace].push(cpu() - before)
      }
    }
  } finally {
    await Promise.all([...owners, alice, bob].map((user) => user.close()))
  }
  // Medians: what else runs on the machine slows some rounds by half.
  const each = (all: readonly number[]): string => `${((quantile(all, 0.5) / count) * 1e3).toFixed(3)} ms`
  const ratios = spent.disk.map((seconds, round) => seconds / (spent.off[round] ?? Number.NaN))
  const more = (quantile(ratios, 0.5) - 1) * 100
  return [
    {
      label: 'CPU for a message to another node, trace off / on, both nodes',
      goal: 'under 3 % more',
      values: { hearth: `${each(spent.off)} / ${each(spent.disk)} (${more.toFixed(1)} %)` },
    },
  ]
}
