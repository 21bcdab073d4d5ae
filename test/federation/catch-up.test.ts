/** A node that was away for long, restarts and crashes of both included: the newest at once, then all of it. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { introduce, ownerOf } from '../harness/process/owner.ts'
import type { SyncResponse } from '../harness/process/sync-view.ts'
import { until } from '../harness/process/wait.ts'

const ROOMS = 8
const EACH = 200
const args = ['--no-mdns', '--no-rate-limits']
let here: HearthProcess
let there: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
const rooms: string[] = []

beforeAll(async () => {
  ;[here, there] = await Promise.all([
    startHearth({ label: 'here', args }),
    startHearth({ label: 'there', args }),
  ])
  ;[alice, bob] = await Promise.all([ownerOf(here), ownerOf(there)])
  await introduce(alice, there)
  await introduce(bob, here)
  for (let n = 0; n < ROOMS; n++) {
    const room = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
    await bob.join(room, here.serverName)
    rooms.push(room)
  }
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([here?.stop(), there?.stop()])
}, 30_000)

const queuedRows = (): number => {
  const db = new DatabaseSync(join(here.dataDir, 'hearth.db'), { readOnly: true })
  try {
    return Number(db.prepare('SELECT count(*) AS n FROM outbox_pdus').get()?.['n'])
  } finally {
    db.close()
  }
}

async function sync(since?: string): Promise<SyncResponse> {
  return await bob.call<SyncResponse>('GET', '/_matrix/client/v3/sync', {
    query: { since, timeout: since === undefined ? 0 : 1_000 },
  })
}

const stateOf = async (room: string, id: string): Promise<string | undefined> => {
  const path = `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(id)}`
  return (await alice.call<{ destinations: { state: string }[] }>('GET', path)).destinations[0]?.state
}

test('the newest of every room is shown soon after the return, and nothing is missing after crashes in between', async () => {
  const { next_batch: before } = await sync()
  await there.stop()
  const sent = new Map<string, string[]>(rooms.map((room) => [room, []]))
  await Promise.all(
    rooms.map(async (room) => {
      for (let n = 0; n < EACH; n++) sent.get(room)?.push(await alice.say(room, `${n}`))
    }),
  )
  await alice.setState(rooms[0] ?? '', 'm.room.name', { name: 'Renamed meanwhile' })
  expect(queuedRows()).toBeLessThanOrEqual(ROOMS * 50 + 50)
  await here.kill()
  await here.start()
  expect(await stateOf(rooms[0] ?? '', sent.get(rooms[0] ?? '')?.[0] ?? '')).toBe('waiting')
  // After the crash too, one row a room is all there is.
  for (const room of rooms) sent.get(room)?.push(await alice.say(room, 'newest'))

  await there.start()
  const startedAt = performance.now()
  const waiting = new Set(rooms)
  for (let since = before; waiting.size > 0;) {
    const answer = await sync(since)
    for (const [id, room] of Object.entries(answer.rooms?.join ?? {})) {
      if (room.timeline?.events?.some((event) => event.content['body'] === 'newest') === true)
        waiting.delete(id)
    }
    since = answer.next_batch
  }
  // A second or two where nothing else runs.
  expect(performance.now() - startedAt).toBeLessThan(20_000)

  // In the middle of filling in what lies between.
  await there.kill()
  await there.start()
  const missing = async (room: string): Promise<number> => {
    const has = new Set((await bob.history(room)).map((event) => event.event_id))
    return sent.get(room)?.filter((id) => !has.has(id)).length ?? 0
  }
  for (const room of rooms) {
    await until('all of it is there', async () => (await missing(room)) === 0, 30_000, 200)
    const own = new Set(sent.get(room))
    const order = (await bob.history(room)).map((event) => event.event_id).filter((id) => own.has(id))
    expect(order).toEqual(sent.get(room))
  }
  const named = (await bob.roomState(rooms[0] ?? '')).find((event) => event.type === 'm.room.name')
  expect(named?.content['name']).toBe('Renamed meanwhile')
  for (const room of rooms) {
    for (const id of [sent.get(room)?.[0], sent.get(room)?.[EACH / 2], sent.get(room)?.at(-1)]) {
      await expect.poll(() => stateOf(room, id ?? ''), { timeout: 20_000 }).toBe('delivered')
    }
  }
}, 120_000)
