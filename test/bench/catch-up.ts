import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import type { SyncResponse } from '../harness/process/sync-view.ts'
import type { BenchServer } from './measure.ts'
import { inParallel } from './parallel.ts'
import type { Row } from './rows.ts'
import { longestStall, STALL_LINE_MS } from './stalls.ts'
import { pageBack } from './scroll-back.ts'

const LATEST_WITHIN_MS = 600_000
const ALL_WITHIN_MS = 900_000

interface Sizes {
  readonly rooms: number
  readonly messagesEach: number
}

/**
 * One server is stopped while people on the other go on talking, then started again. Measured from its
 * start to its client's `/sync` showing the newest message of every room, and to all of it being read by
 * paging back.
 */
export async function measureCatchUp(
  name: string,
  one: BenchServer,
  two: BenchServer,
  quick: boolean,
  say: (text: string) => void,
): Promise<Row[]> {
  const rows = await catchUp(name, one, two, { rooms: 1, messagesEach: quick ? 300 : 1_150 }, '3 s', say)
  // A Synapse takes as many minutes for one room as this takes seconds for fifty.
  if (name !== 'hearth') return rows
  const many = quick ? { rooms: 10, messagesEach: 100 } : { rooms: 50, messagesEach: 400 }
  return [...rows, ...(await catchUp(name, one, two, many, '', say))]
}

async function catchUp(
  name: string,
  one: BenchServer,
  two: BenchServer,
  { rooms, messagesEach }: Sizes,
  goalForAll: string,
  say: (text: string) => void,
): Promise<Row[]> {
  const alice = await MatrixUser.register(one, `away-alice${rooms}`)
  const bob = await MatrixUser.register(two, `away-bob${rooms}`)
  try {
    const ids: string[] = []
    for (let n = 0; n < rooms; n++) ids.push(await alice.createRoom({ preset: 'public_chat' }))
    for (const room of ids) await bob.join(room, one.serverName)
    for (const room of ids) await alice.say(room, 'before')
    const since = await syncUntil(bob, undefined, new Set(ids), 'before')
    await two.stop()
    const total = rooms * messagesEach
    say(`${total} messages in ${rooms} rooms for a server that is away`)
    await inParallel(total, async (n) => await alice.say(ids[n % rooms] ?? '', `${Math.floor(n / rooms)}`))
    for (const room of ids) await alice.say(room, 'newest')
    const bytes = queueBytes(one)
    say('its return')
    await two.start()
    const returned = Date.now()
    const startedAt = performance.now()
    await syncUntil(bob, since, new Set(ids), 'newest')
    const shownMs = performance.now() - startedAt
    for (const room of ids) await allIn(bob, room, messagesEach)
    const allMs = performance.now() - startedAt
    const label = `${total} messages in ${rooms === 1 ? 'a room' : `${rooms} rooms`} while away`
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
    return [
      { label: `${label}: the newest shown`, goal: '3 s', values: { [name]: seconds(shownMs) } },
      { label: `${label}: all of them read`, goal: goalForAll, values: { [name]: seconds(allMs) } },
      {
        label: `${label}: longest stall after the return`,
        goal: '50 ms',
        values: { [name]: longestStall(two, returned + STALL_LINE_MS) },
      },
      ...(bytes === undefined
        ? []
        : [
            {
              label: `${label}: the queue on disk`,
              goal: '',
              values: { [name]: `${Math.round(bytes / 1024)} KiB` },
            },
          ]),
    ]
  } finally {
    await Promise.all([alice.close(), bob.close()])
  }
}

/** Syncs until each of the rooms has shown a message of this text; the position then. */
async function syncUntil(
  user: MatrixUser,
  since: string | undefined,
  rooms: Set<string>,
  text: string,
): Promise<string> {
  const filter = JSON.stringify({ room: { timeline: { limit: 20 } }, presence: { types: [] } })
  const deadline = performance.now() + LATEST_WITHIN_MS
  let position = since
  for (;;) {
    const answer = await user.call<SyncResponse>('GET', '/_matrix/client/v3/sync', {
      query: { filter, since: position, timeout: 5_000 },
      timeoutMs: 120_000,
    })
    for (const [id, room] of Object.entries(answer.rooms?.join ?? {})) {
      if (room.timeline?.events?.some((event) => event.content['body'] === text) === true) rooms.delete(id)
    }
    position = answer.next_batch
    if (rooms.size === 0) return position
    if (performance.now() > deadline) throw new Error(`${rooms.size} rooms never showed "${text}"`)
  }
}

async function allIn(user: MatrixUser, room: string, messages: number): Promise<void> {
  const deadline = performance.now() + ALL_WITHIN_MS
  for (;;) {
    const { seen } = await pageBack(user, room)
    // The room's own events come on top.
    if (seen.size >= messages + 2) return
    if (performance.now() > deadline) throw new Error(`only ${seen.size} of ${messages} were ever there`)
  }
}

function queueBytes(server: BenchServer): number | undefined {
  const dataDir = (server as { dataDir?: string }).dataDir
  if (dataDir === undefined) return undefined
  const db = new DatabaseSync(join(dataDir, 'hearth.db'), { readOnly: true })
  try {
    // Pages that were once used stay with their table's indices; what is in use counts.
    const row = db
      .prepare(
        "SELECT sum(payload) AS bytes FROM dbstat WHERE name LIKE 'outbox_pdus%' OR name LIKE 'outbox_skipped%'",
      )
      .get()
    return Number(row?.['bytes'] ?? 0)
  } finally {
    db.close()
  }
}
