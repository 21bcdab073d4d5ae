/**
 * A server that was away for two weeks, longer than any key is valid that was known before: the clocks of both
 * are moved, everything else is real.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTrustingHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { MovedClock } from '../harness/process/moved-clock.ts'
import { until } from '../harness/process/wait.ts'

const DAY = 24 * 3_600_000
const ROOMS = 50
/** Of the first rooms, in each of which more is said than a queue keeps events of a room. */
const LONG_ROOMS = 6
const MANY = 260
const FEW = 12
/** As many events of a room wait one by one; of what is more, one row. */
const QUEUED_OF_A_ROOM = 50

let here: HearthProcess
let there: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
const clocks = [new MovedClock(), new MovedClock()] as const
const rooms: string[] = []
/** What alice said while the other server was away, by room, in its order. */
const sent = new Map<string, string[]>()

beforeAll(async () => {
  ;[here, there] = await Promise.all([
    startTrustingHearth('here', { env: clocks[0].env }),
    startTrustingHearth('there', { env: clocks[1].env }),
  ])
  ;[alice, bob] = await Promise.all([MatrixUser.register(here, 'alice'), MatrixUser.register(there, 'bob')])
  for (let n = 0; n < ROOMS; n++) {
    const room = await alice.createRoom({ preset: 'public_chat' })
    await bob.join(room, here.serverName)
    await bob.say(room, 'before')
    rooms.push(room)
  }
}, 120_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([here?.stop(), there?.stop()])
}, 30_000)

function rowsOf(node: HearthProcess, sql: string, ...values: string[]): Record<string, unknown>[] {
  const db = new DatabaseSync(join(node.dataDir, 'hearth.db'), { readOnly: true })
  try {
    return db.prepare(sql).all(...values)
  } finally {
    db.close()
  }
}

const keyValidUntil = (node: HearthProcess, of: HearthProcess): number =>
  Number(
    rowsOf(node, 'SELECT valid_until_ts FROM server_keys WHERE server_name = ?', of.serverName)[0]?.[
      'valid_until_ts'
    ],
  )

async function moveTo(node: HearthProcess, clock: MovedClock, aheadMs: number): Promise<void> {
  if (node.running) await node.stop()
  clock.set(aheadMs)
  await node.start()
}

/** In all rooms at the same time; in the long ones more. */
async function talk(share: number): Promise<void> {
  await Promise.all(
    rooms.map(async (room, at) => {
      const count = Math.round((at < LONG_ROOMS ? MANY : FEW) * share)
      for (let n = 0; n < count; n++) await say(room, `${sent.get(room)?.length ?? 0}`)
    }),
  )
}

async function say(room: string, text: string): Promise<void> {
  const ids = sent.get(room) ?? []
  sent.set(room, ids)
  ids.push(await alice.say(room, text))
}

/** As a disk that is going bad might: its id and all that follows stay what they were, and nobody takes it. */
function spoilSignature(eventId: string): void {
  const db = new DatabaseSync(join(here.dataDir, 'hearth.db'))
  try {
    const json = JSON.parse(
      String(db.prepare('SELECT json FROM events WHERE event_id = ?').get(eventId)?.['json']),
    ) as {
      signatures: Record<string, Record<string, string>>
    }
    for (const keys of Object.values(json.signatures)) {
      for (const [id, signature] of Object.entries(keys))
        keys[id] = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    }
    db.prepare('UPDATE events SET json = ? WHERE event_id = ?').run(JSON.stringify(json), eventId)
  } finally {
    db.close()
  }
}

const deliveryOf = async (
  room: string,
  id: string,
): Promise<{ state: string; error?: string } | undefined> => {
  const path = `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(id)}`
  return (await alice.call<{ destinations: { state: string; error?: string }[] }>('GET', path))
    .destinations[0]
}

test('after two weeks the newest of each of fifty rooms comes first, then all of it, and no refused event is in the way', async () => {
  await until('all that was said before is here', () => {
    const [row] = rowsOf(
      here,
      "SELECT count(*) AS n FROM events WHERE sender = ? AND type = 'm.room.message'",
      bob.userId,
    )
    return row?.['n'] === ROOMS
  })
  await there.stop()
  await talk(0.3)
  await moveTo(here, clocks[0], 5 * DAY)
  await talk(0.4)
  await here.kill()
  await moveTo(here, clocks[0], 10 * DAY)
  await talk(0.3)
  await alice.setState(rooms[0] ?? '', 'm.room.name', { name: 'Renamed meanwhile' })
  await here.stop()
  // One in what is kept as a row, one that waits by itself, and one right before the newest.
  const [long, short, other] = [rooms[0] ?? '', rooms[LONG_ROOMS] ?? '', rooms[1] ?? '']
  const bad = [
    { room: long, id: sent.get(long)?.[MANY / 2] ?? '' },
    { room: short, id: sent.get(short)?.[FEW / 2] ?? '' },
    { room: other, id: sent.get(other)?.at(-1) ?? '' },
  ]
  for (const { id } of bad) spoilSignature(id)
  await moveTo(here, clocks[0], 14 * DAY)
  for (const room of rooms) await say(room, 'newest')

  const [queued] = rowsOf(here, 'SELECT count(*) AS n FROM outbox_pdus')
  const [spans] = rowsOf(here, 'SELECT count(*) AS n FROM outbox_skipped')
  const total = [...sent.values()].reduce((sum, ids) => sum + ids.length, 0)
  expect(total).toBeGreaterThan(2_000)
  expect(Number(queued?.['n'])).toBeLessThanOrEqual(
    LONG_ROOMS * QUEUED_OF_A_ROOM + (ROOMS - LONG_ROOMS) * (FEW + 2),
  )
  expect(spans?.['n']).toBe(LONG_ROOMS)

  // Whatever either knew of the other's keys is too old by now.
  expect(keyValidUntil(here, there)).toBeLessThan(clocks[0].now())
  expect(keyValidUntil(there, here)).toBeLessThan(clocks[0].now())
  await moveTo(there, clocks[1], 14 * DAY)

  const spoilt = new Set(bad.map(({ id }) => id))
  const arrived = (): Map<string, number> =>
    new Map(
      rowsOf(there, 'SELECT event_id, nid FROM events WHERE timeline_pos IS NOT NULL').map((row) => [
        String(row['event_id']),
        Number(row['nid']),
      ]),
    )
  const wanted = [...sent.values()].flat().filter((id) => !spoilt.has(id))
  const missing = (): string[] => {
    const has = arrived()
    return wanted.filter((id) => !has.has(id))
  }
  await until('all of it is there', () => missing().length === 0, 60_000, 200)

  // The newest of every room before the rest is complete, and in the long rooms before most of the rest.
  const order = arrived()
  const placeOf = (id: string | undefined): number => order.get(id ?? '') ?? Infinity
  const lastOfNewest = Math.max(...rooms.map((room) => placeOf(sent.get(room)?.at(-1))))
  expect(Math.max(...order.values())).toBeGreaterThan(lastOfNewest)
  for (const room of rooms.slice(0, LONG_ROOMS)) {
    const newest = placeOf(sent.get(room)?.at(-1))
    const later = sent.get(room)?.filter((id) => !spoilt.has(id) && placeOf(id) > newest)
    expect(later?.length).toBeGreaterThan(MANY / 2)
  }

  for (const room of rooms) {
    const own = sent.get(room)?.filter((id) => !spoilt.has(id)) ?? []
    const told = (await bob.history(room)).map((event) => event.event_id)
    expect(told.filter((id) => own.includes(id) || spoilt.has(id))).toEqual(own)
  }
  // Nor does a gap stay where nothing is to be had.
  const own = new Set([...sent.values()].flat())
  await until(
    'no gap stays',
    () => rowsOf(there, 'SELECT event_id FROM gaps').every((row) => !own.has(String(row['event_id']))),
    20_000,
  )
  const named = (await bob.roomState(long)).find((event) => event.type === 'm.room.name')
  expect(named?.content['name']).toBe('Renamed meanwhile')

  // And what is said from now on goes both ways.
  for (const node of [here, there]) {
    const [user, reader] = node === here ? [alice, bob] : [bob, alice]
    const id = await user.say(other, `of ${user.userId}`)
    await until('it is on the other side', async () => (await reader.event(other, id)).event_id === id)
  }
  expect(keyValidUntil(here, there)).toBeGreaterThan(clocks[0].now())
  expect(keyValidUntil(there, here)).toBeGreaterThan(clocks[1].now())
  // Of what was sent by itself the refusal is told; the rest was never sent, but fetched.
  const refused = await until(
    'the refusal is told',
    async () => {
      const delivery = await deliveryOf(short, bad[1]?.id ?? '')
      return delivery?.state === 'refused' ? delivery : undefined
    },
    20_000,
  )
  expect(refused.error).toMatch(/signature/)
  await until('nothing waits any more', () => rowsOf(here, 'SELECT * FROM outbox_pdus').length === 0, 20_000)
}, 180_000)
