import { readFileSync } from 'node:fs'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { inParallel } from './parallel.ts'

/** What the benchmark needs of either server. */
export interface BenchServer {
  readonly serverName: string
  readonly clientUrl: string
  readonly registrationSecret: string
  readonly pid: number
  readonly startedInMs: number
  start(): Promise<void>
  stop(): Promise<void>
}

export interface Sizes {
  readonly idleSeconds: number
  readonly starts: number
  readonly localMessages: number
  readonly federatedMessages: number
  readonly burst: number
  readonly stateEvents: number
  readonly messages: number
}

/** Milliseconds, bytes, and messages per second. */
export interface Figures {
  readonly startToReady: number
  readonly idleMemory: number
  readonly memoryAfterLoad: number
  readonly localSend: number
  readonly federatedP50: number
  readonly federatedP99: number
  /** The same after the burst: the first is of servers that have just started. */
  readonly warmP50: number
  readonly burstAccepted: number
  readonly burstDelivered: number
  /** Messages of the burst that the peer's `/sync` never showed. */
  readonly burstNotSynced: number
  readonly joinAnswered: number
  readonly joinShown: number
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** Resident memory of a process, bytes. */
export function residentMemory(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes ?? Number.NaN) * 1024
}

/** Runs every measurement on two servers of one kind, one after the other so that none disturbs another. */
export async function measure(
  one: BenchServer,
  two: BenchServer,
  sizes: Sizes,
  say: (text: string) => void,
): Promise<Figures> {
  say('start to ready')
  const startToReady = await measureStarts(one, sizes.starts)
  say(`memory after ${sizes.idleSeconds} s idle`)
  await delay(sizes.idleSeconds * 1000)
  const idleMemory = residentMemory(one.pid)

  const alice = await MatrixUser.register(one, 'alice')
  const bob = await MatrixUser.register(two, 'bob')
  await alice.startSync()
  await bob.startSync({ timelineLimit: 1000 })
  try {
    say('local send')
    const localSend = await measureLocalSend(alice, sizes.localMessages)
    const room = await alice.createRoom({ preset: 'public_chat' })
    await bob.join(room, one.serverName)
    await bob.waitFor('the shared room', () => bob.room(room).membership === 'join')
    say('federated latency')
    const latencies = await measureLatency(alice, bob, room, sizes.federatedMessages)
    say(`burst of ${sizes.burst} messages`)
    const burst = await measureBurst(alice, bob, room, sizes.burst)
    say('federated latency once more')
    const warm = await measureLatency(alice, bob, room, sizes.federatedMessages)
    say(`building a room of ${sizes.stateEvents} state events and ${sizes.messages} messages`)
    const large = await buildRoom(alice, sizes)
    say('joining it')
    const join = await measureJoin(bob, large, one.serverName, sizes.stateEvents)
    const memoryAfterLoad = residentMemory(one.pid)
    return {
      startToReady,
      idleMemory,
      memoryAfterLoad,
      localSend,
      federatedP50: quantile(latencies, 0.5),
      federatedP99: quantile(latencies, 0.99),
      warmP50: quantile(warm, 0.5),
      ...burst,
      ...join,
    }
  } finally {
    await Promise.all([alice.close(), bob.close()])
  }
}

async function measureStarts(server: BenchServer, times: number): Promise<number> {
  // The first start makes keys and tables; people wait for the later ones.
  const samples: number[] = []
  for (let n = 0; n < times; n++) {
    await server.stop()
    await server.start()
    samples.push(server.startedInMs)
  }
  return quantile(samples, 0.5)
}

async function measureLocalSend(user: MatrixUser, count: number): Promise<number> {
  const room = await user.createRoom()
  for (let n = 0; n < 10; n++) await user.say(room, `warm up ${n}`)
  const samples: number[] = []
  for (let n = 0; n < count; n++) {
    const sentAt = performance.now()
    await user.say(room, `local ${n}`)
    samples.push(performance.now() - sentAt)
  }
  return quantile(samples, 0.5)
}

/** From the request that sends a message to the arrival of the peer's sync response that shows it. */
async function measureLatency(
  from: MatrixUser,
  to: MatrixUser,
  room: string,
  count: number,
): Promise<number[]> {
  for (let n = 0; n < 10; n++) {
    const id = await from.say(room, `warm up ${n}`)
    await to.waitFor(`warm up ${n}`, () => to.room(room).has(id))
  }
  const samples: number[] = []
  for (let n = 0; n < count; n++) {
    const sentAt = performance.now()
    const id = await from.say(room, `federated ${n}`)
    await to.waitFor(`message ${n}`, () => to.room(room).has(id))
    samples.push((to.room(room).seenAt.get(id) ?? Number.NaN) - sentAt)
  }
  return samples
}

async function measureBurst(
  from: MatrixUser,
  to: MatrixUser,
  room: string,
  count: number,
): Promise<Pick<Figures, 'burstAccepted' | 'burstDelivered' | 'burstNotSynced'>> {
  const startedAt = performance.now()
  const ids = await inParallel(count, async (n) => await from.say(room, `burst ${n}`))
  const acceptedAt = performance.now()
  const view = to.room(room)
  const onlyInHistory = await waitForBurst(to, room, ids)
  const seen = ids.map((id) => view.seenAt.get(id) ?? onlyInHistory.get(id) ?? Number.NaN)
  const deliveredAt = Math.max(...seen)
  if (view.repeated.length > 0) throw new Error(`${view.repeated.length} messages were shown twice`)
  const perSecond = (until: number) => count / ((until - startedAt) / 1000)
  return {
    burstAccepted: perSecond(acceptedAt),
    burstDelivered: perSecond(deliveredAt),
    burstNotSynced: onlyInHistory.size,
  }
}

/** A server lost messages, or takes longer than anybody waits. */
export class NeverDelivered extends Error {
  readonly missing: number
  constructor(missing: number) {
    super(`${missing} messages of the burst were never delivered`)
    this.missing = missing
  }
}

/**
 * Waits until the reader has every message; throws `NeverDelivered` after ten minutes. A server may take in some of them as history that its
 * `/sync` never shows (Synapse does under load); those are looked for in `/messages` once `/sync`
 * has stood still for 3 s, and are returned with the time at which they were found.
 */
export async function waitForBurst(
  reader: MatrixUser,
  room: string,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const view = reader.room(room)
  const deadline = performance.now() + 600_000
  const found = new Map<string, number>()
  const missing = () => ids.filter((id) => !view.has(id) && !found.has(id)).length
  while (missing() > 0) {
    const before = missing()
    const progress = reader.waitFor('more of the burst', () => missing() < before, 3_000)
    if (
      await progress.then(
        () => true,
        () => false,
      )
    )
      continue
    if (performance.now() > deadline) throw new NeverDelivered(missing())
    const read = new Set((await reader.history(room)).map((event) => event.event_id))
    const now = performance.now()
    for (const id of ids) if (read.has(id) && !view.has(id) && !found.has(id)) found.set(id, now)
  }
  return found
}

async function buildRoom(user: MatrixUser, sizes: Sizes): Promise<string> {
  const room = await user.createRoom({ preset: 'public_chat', name: 'A large room' })
  // One after another: a Synapse that joins a room whose state was written in parallel ends without some of it.
  for (let n = 0; n < sizes.stateEvents; n++) await user.setState(room, 'org.example.state', { n }, `key${n}`)
  await inParallel(sizes.messages, async (n) => await user.say(room, `message ${n}`))
  return room
}

async function measureJoin(
  user: MatrixUser,
  room: string,
  via: string,
  stateEvents: number,
): Promise<{ joinAnswered: number; joinShown: number }> {
  const startedAt = performance.now()
  await user.join(room, via)
  const answeredAt = performance.now()
  const complete = () => {
    const keys = [...user.room(room).state.keys()]
    return keys.filter((key) => key.startsWith('org.example.state\n')).length === stateEvents
  }
  await user.waitFor('the room with its whole state', complete, 120_000)
  return { joinAnswered: answeredAt - startedAt, joinShown: performance.now() - startedAt }
}
