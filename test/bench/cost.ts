import { setTimeout as delay } from 'node:timers/promises'
import type { CertificateAuthority } from '../harness/process/certificates.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { waitForBurst, type BenchServer } from './measure.ts'
import { inParallel } from './parallel.ts'
import type { Row } from './rows.ts'
import { measureResolution } from './state-resolution.ts'
import { measureTrace } from './trace.ts'
import { cpuSeconds, diskBytes, folderOf } from './usage.ts'

/** So long a server may go on working after the last message was shown. */
const AFTERWARDS_MS = 3_000

/** What work costs: processor and disk for the same messages, and the resolution of a conflict. */
export async function measureCost(
  name: string,
  one: BenchServer,
  two: BenchServer,
  certificates: CertificateAuthority,
  quick: boolean,
  say: (text: string) => void,
): Promise<Row[]> {
  return [
    ...(await measureMessages(name, one, two, quick ? 200 : 2_000, say)),
    ...(await measureResolution(name, one, certificates, quick, say)),
    ...(name === 'hearth' ? await measureTrace(one, two, quick, say) : []),
  ]
}

async function measureMessages(
  name: string,
  one: BenchServer,
  two: BenchServer,
  count: number,
  say: (text: string) => void,
): Promise<Row[]> {
  say(`the cost of ${count} messages`)
  const alice = await MatrixUser.register(one, 'cost-alice')
  const bob = await MatrixUser.register(two, 'cost-bob')
  try {
    await bob.startSync({ timelineLimit: 1_000 })
    const room = await alice.createRoom({ preset: 'public_chat' })
    await bob.join(room, one.serverName)
    await bob.waitFor('the room', () => bob.room(room).membership === 'join')
    const usage = () =>
      [one, two].map((server) => ({ cpu: cpuSeconds(server.pid), disk: diskBytes(folderOf(server)) }))
    await delay(AFTERWARDS_MS)
    const before = usage()
    const ids = await inParallel(count, async (n) => await alice.say(room, `message ${n}`))
    await waitForBurst(bob, room, ids)
    await delay(AFTERWARDS_MS)
    const spent = usage().map((now, at) => ({
      cpu: now.cpu - (before[at]?.cpu ?? 0),
      disk: now.disk - (before[at]?.disk ?? 0),
    }))
    const both = (show: (spent: { cpu: number; disk: number }) => string): string =>
      spent.map(show).join(' / ')
    return [
      {
        label: `CPU for ${count} messages to another server, sender / receiver`,
        goal: 'a tenth of Synapse',
        values: { [name]: both(({ cpu }) => `${cpu.toFixed(1)} s`) },
      },
      {
        label: '… disk',
        goal: '',
        values: { [name]: both(({ disk }) => `${(disk / 1e6).toFixed(1)} MB`) },
      },
    ]
  } finally {
    await Promise.all([alice.close(), bob.close()])
  }
}
