import { setTimeout as delay } from 'node:timers/promises'
import type { EventId, Pdu } from '../../src-main/core/types.ts'
import type { CertificateAuthority } from '../harness/process/certificates.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { ScriptedPeer, type PeerRoom } from '../harness/process/scripted-peer.ts'
import type { BenchServer } from './measure.ts'
import type { Row } from './rows.ts'
import { longestStall } from './stalls.ts'
import { cpuSeconds } from './usage.ts'

const CLIENT = '/_matrix/client/v3'
const TYPE = 'org.example.conflict'

/**
 * A room that was split in two: a peer sends one side's state events, then the other side's for the same keys,
 * then an event after both. The server resolves the conflict anew for each event of the second side.
 */
export async function measureResolution(
  name: string,
  server: BenchServer,
  certificates: CertificateAuthority,
  quick: boolean,
  say: (text: string) => void,
): Promise<Row[]> {
  const peer = await ScriptedPeer.start(certificates)
  const alice = await MatrixUser.register(server, 'fork-alice')
  await alice.startSync({ timelineLimit: 500 })
  const rows: Row[] = []
  try {
    for (const conflicting of quick ? [100] : [250, 500, 1_000]) {
      say(`resolving ${conflicting} conflicting events`)
      const { seconds, cpu, worst, stall } = await measureFork(server, peer, alice, conflicting / 2)
      const label = `${conflicting} conflicting state events`
      const row = (what: string, goal: string, value: string): Row => ({
        label: `${label}: ${what}`,
        goal,
        values: { [name]: value },
      })
      rows.push(
        row('resolved', '', `${seconds.toFixed(1)} s`),
        row('CPU', '', `${cpu.toFixed(1)} s`),
        row('a small request meanwhile, at worst', '', `${Math.round(worst)} ms`),
        row('longest stall', '50 ms', stall),
      )
    }
    return rows
  } finally {
    await alice.close()
    await peer.stop()
  }
}

async function measureFork(
  server: BenchServer,
  peer: ScriptedPeer,
  alice: MatrixUser,
  keys: number,
): Promise<{ seconds: number; cpu: number; worst: number; stall: string }> {
  const roomId = await alice.createRoom({
    preset: 'public_chat',
    power_level_content_override: { state_default: 0 },
  })
  const room = await peer.join(roomId, server.serverName)
  const [left, right] = [side(peer, room, keys, 'left'), side(peer, room, keys, 'right')]
  const prevEvents = [left, right].flatMap((events) => events.at(-1)?.eventId ?? [])
  const merge = peer.build(room, {
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: 'together again' },
    prevEvents,
    depth: keys + room.join.depth + 2,
  })
  const shown = (event: Pdu) =>
    alice.waitFor('what was sent', () => alice.room(roomId).has(event.eventId), 900_000)
  await peer.send(server.serverName, left, shown)

  const probe = new Probe(server)
  const startedAt = performance.now()
  const since = Date.now()
  const cpuBefore = cpuSeconds(server.pid)
  await peer.send(server.serverName, [...right, merge], shown)
  const seconds = (performance.now() - startedAt) / 1_000
  const cpu = cpuSeconds(server.pid) - cpuBefore
  const worst = await probe.stop()

  // The later event of each key wins, as nobody has more power than the other.
  for (const key of ['0', String(keys - 1)]) {
    const path = `${CLIENT}/rooms/${encodeURIComponent(roomId)}/state/${TYPE}/${key}`
    const { side: winner } = await alice.call('GET', path)
    if (winner !== 'right') throw new Error(`the state of key ${key} is ${String(winner)}`)
  }
  return { seconds, cpu, worst, stall: longestStall(server, since) }
}

/** A chain of state events, one a key, from the peer's join on. */
function side(peer: ScriptedPeer, room: PeerRoom, keys: number, name: 'left' | 'right'): Pdu[] {
  const events: Pdu[] = []
  let prev: EventId = room.join.eventId
  for (let n = 0; n < keys; n++) {
    const event = peer.build(room, {
      type: TYPE,
      stateKey: String(n),
      content: { side: name },
      prevEvents: [prev],
      depth: room.join.depth + 1 + n,
      originServerTs: Date.now() + (name === 'right' ? 1_000 : 0),
    })
    events.push(event)
    prev = event.eventId
  }
  return events
}

/** Asks for something small without end, and keeps how long the longest answer took. */
class Probe {
  private worst = 0
  private over = false
  private readonly running: Promise<void>

  constructor(server: BenchServer) {
    const http = new MatrixHttp(server.clientUrl)
    this.running = (async () => {
      while (!this.over) {
        const askedAt = performance.now()
        await http.call('GET', '/_matrix/client/versions', { timeoutMs: 900_000 })
        this.worst = Math.max(this.worst, performance.now() - askedAt)
        await delay(5)
      }
      await http.close()
    })()
  }

  async stop(): Promise<number> {
    this.over = true
    await this.running
    return this.worst
  }
}
