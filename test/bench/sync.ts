import { MatrixUser } from '../harness/process/matrix-user.ts'
import { quantile, type BenchServer } from './measure.ts'
import type { Row } from './rows.ts'

interface Sync {
  next_batch: string
  rooms?: { join?: Record<string, { timeline?: { events: { event_id: string }[] } }> }
}

const FIRST_SYNCS = 10
const MESSAGES_A_ROOM = 5

/** `/sync` of somebody who is in many rooms of two people: the first, one with nothing new, and after a message. */
export async function benchSync(
  name: string,
  server: BenchServer,
  rooms: number,
  messages: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const alice = await MatrixUser.register(server, 'sync-alice')
  const bob = await MatrixUser.register(server, 'sync-bob')
  say(`making ${rooms} rooms`)
  const ids: string[] = []
  for (let n = 0; n < rooms; n++) {
    const room = await bob.createRoom({ preset: 'public_chat', name: `Room ${n}` })
    await alice.join(room)
    for (let m = 0; m < MESSAGES_A_ROOM; m++) await bob.say(room, `message ${m}`)
    ids.push(room)
  }
  const sync = async (since: string | undefined, timeout: number): Promise<Sync> =>
    await alice.call<Sync>('GET', '/_matrix/client/v3/sync', { query: { since, timeout } })

  say('first syncs')
  const first: number[] = []
  let since = ''
  for (let n = 0; n < FIRST_SYNCS; n++) {
    const startedAt = performance.now()
    since = (await sync(undefined, 0)).next_batch
    first.push(performance.now() - startedAt)
  }
  say('syncs with nothing new')
  const idle: number[] = []
  for (let n = 0; n < messages; n++) {
    const startedAt = performance.now()
    since = (await sync(since, 0)).next_batch
    idle.push(performance.now() - startedAt)
  }
  say(`${messages} messages`)
  const latency: number[] = []
  for (let n = 0; n < messages; n++) {
    const room = ids[(n * 37) % ids.length] ?? ''
    const seen = waitForMessage(sync, since)
    const sentAt = performance.now()
    await bob.say(room, `latency ${n}`)
    const { at, next } = await seen
    latency.push(at - sentAt)
    since = next
  }
  const p = (times: readonly number[]): string =>
    `${quantile(times, 0.5).toFixed(1)} / ${quantile(times, 0.95).toFixed(1)} ms`
  return [
    { label: `${rooms} rooms: first sync, p50 / p95`, goal: '', values: { [name]: p(first) } },
    { label: `${rooms} rooms: sync with nothing new`, goal: '', values: { [name]: p(idle) } },
    { label: `${rooms} rooms: message sent to sync returned`, goal: '10 ms', values: { [name]: p(latency) } },
  ]
}

async function waitForMessage(
  sync: (since: string, timeout: number) => Promise<Sync>,
  from: string,
): Promise<{ at: number; next: string }> {
  for (let since = from; ;) {
    const answer = await sync(since, 30_000)
    const at = performance.now()
    since = answer.next_batch
    const joined = Object.values(answer.rooms?.join ?? {})
    if (joined.some((room) => (room.timeline?.events.length ?? 0) > 0)) return { at, next: since }
  }
}
