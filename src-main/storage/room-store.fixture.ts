import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { parsePdu } from '../core/pdu.ts'
import type { JsonObject, Pdu, RoomId, RoomVersionId, ServerName, UserId } from '../core/types.ts'
import { TIMELINE_STEP, type RoomStore } from '../rooms/ports.ts'
import { openDatabase, type Database } from './database.ts'
import { createRoomStore } from './room-store.ts'

/* A room store on a real file, for each test a new one. */

export const server = 'one.test' as ServerName
export const other = 'two.test:8448' as ServerName
export const room = '!room:one.test' as RoomId
export const alice = '@alice:one.test' as UserId
export const bob = '@bob:two.test:8448' as UserId

let dir: string
export let db: Database
export let store: RoomStore

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-store-'))
  open()
})
afterEach(() => {
  db.close()
  rmSync(dir, { recursive: true })
})

function open(): void {
  db = openDatabase(dir)
  store = createRoomStore(db, server)
}
export function restart(): void {
  db.close()
  open()
}

/** Mulberry32: a failing seed can be run again. */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

let serial = 0
export function event(fields: JsonObject, version: RoomVersionId = '10'): Pdu {
  const parsed = parsePdu(
    {
      type: 'm.room.message',
      room_id: room,
      sender: alice,
      content: {},
      auth_events: [],
      prev_events: [],
      depth: ++serial,
      origin_server_ts: 1_700_000_000_000,
      hashes: { sha256: 'x' },
      signatures: {},
      ...fields,
    },
    version,
  )
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.pdu
}

export function member(user: UserId, membership: string, content: JsonObject = {}): Pdu {
  return event({ type: 'm.room.member', state_key: user, sender: user, content: { ...content, membership } })
}

/** Accepts the event at the end of the timeline, as the newest of the room. */
export function accept(pdu: Pdu, stateAfter = 0): number {
  const streamPos = store.nextStreamPos()
  const timelinePos = (store.highestTimelinePos(pdu.roomId) ?? 0) + TIMELINE_STEP
  store.insertEvent({
    pdu,
    status: 'accepted',
    stateBefore: 0,
    stateAfter,
    streamPos,
    timelinePos,
    receivedTs: 5,
  })
  return streamPos
}

export function newRoom(): void {
  store.insertRoom({ roomId: room, version: '10', currentState: 0, participating: true })
}
