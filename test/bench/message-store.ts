import { parsePdu } from '../../src-main/core/pdu.ts'
import type { EventId, RoomId, RoomVersionId, ServerName } from '../../src-main/core/types.ts'
import { TIMELINE_STEP, type RoomStore } from '../../src-main/rooms/ports.ts'
import { openDatabase } from '../../src-main/storage/database.ts'
import { createRoomStore } from '../../src-main/storage/room-store.ts'

const IN_A_TRANSACTION = 2_000
const VOCABULARY = 20_000
const PEOPLE = 50
/** Between two messages: a million of them cover two years. */
const STEP_MS = 60_000

export interface Written {
  /** From the most to the least frequent. */
  readonly words: readonly string[]
  readonly senders: readonly string[]
  readonly firstTs: number
  readonly lastTs: number
  /** Bytes of the database, events included. */
  readonly seconds: number
}

/**
 * Writes messages straight into the store of a node that does not run, through the code that every event
 * goes through, indices included; only signatures are missing. Words and rooms are as unevenly frequent
 * as in life: the first word is in about every second message, the first room has the most.
 */
export function writeMessages(
  dataDir: string,
  serverName: string,
  rooms: readonly string[],
  count: number,
): Written {
  const startedAt = performance.now()
  const db = openDatabase(dataDir)
  try {
    db.exec('PRAGMA synchronous = OFF')
    const store = createRoomStore(db, serverName as ServerName)
    const random = generator(7)
    const words = Array.from({ length: VOCABULARY }, (_, n) => wordOf(n))
    const senders = Array.from({ length: PEOPLE }, (_, n) => `@person${n}:${serverName}`)
    const firstTs = Date.now() - count * STEP_MS
    const tails = new Map(rooms.map((room) => [room, tailOf(store, room as RoomId)]))
    for (let start = 0; start < count; start += IN_A_TRANSACTION) {
      store.transaction(() => {
        for (let n = start; n < Math.min(count, start + IN_A_TRANSACTION); n++) {
          const roomId = rooms[skewed(random, rooms.length)] as RoomId
          const body = Array.from(
            { length: 3 + Math.floor(random() * 18) },
            () => words[skewed(random, VOCABULARY)],
          ).join(' ')
          const sender = senders[Math.floor(random() * PEOPLE)] ?? ''
          const tail = tails.get(roomId)
          if (tail === undefined) throw new Error(`${roomId} has no tail`)
          append(store, roomId, tail, { sender, body, ts: firstTs + n * STEP_MS })
        }
        for (const [room, { last }] of tails) store.setForwardExtremities(room as RoomId, [last])
        while (store.indexNewText(IN_A_TRANSACTION));
      })
    }
    const seconds = (performance.now() - startedAt) / 1000
    return { words, senders, firstTs, lastTs: firstTs + count * STEP_MS, seconds }
  } finally {
    db.close()
  }
}

interface Tail {
  last: EventId
  depth: number
  pos: number
  readonly state: number
  readonly version: RoomVersionId
}

function tailOf(store: RoomStore, roomId: RoomId): Tail {
  const [extremity] = store.forwardExtremities(roomId)
  const room = store.getRoom(roomId)
  const pos = store.highestTimelinePos(roomId)
  if (extremity === undefined || room === undefined || pos === undefined) throw new Error(`no room ${roomId}`)
  return {
    last: extremity.eventId,
    depth: extremity.depth,
    pos,
    state: room.currentState,
    version: room.version,
  }
}

function append(
  store: RoomStore,
  roomId: RoomId,
  tail: Tail,
  message: { sender: string; body: string; ts: number },
): void {
  const parsed = parsePdu(
    {
      type: 'm.room.message',
      room_id: roomId,
      sender: message.sender,
      content: { msgtype: 'm.text', body: message.body },
      auth_events: [],
      prev_events: [tail.last],
      depth: ++tail.depth,
      origin_server_ts: message.ts,
      hashes: { sha256: 'generated' },
      signatures: {},
    },
    tail.version,
  )
  if (!parsed.ok) throw new Error(parsed.reason)
  tail.pos += TIMELINE_STEP
  tail.last = parsed.pdu.eventId
  store.insertEvent({
    pdu: parsed.pdu,
    status: 'accepted',
    stateBefore: tail.state,
    stateAfter: tail.state,
    streamPos: store.nextStreamPos(),
    timelinePos: tail.pos,
    receivedTs: message.ts,
  })
}

/** The same numbers in every run. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** 0 the most often; each doubling of the number is as frequent as the one before. */
const skewed = (random: () => number, size: number): number =>
  Math.min(size - 1, Math.floor(size ** random() - 1 + random()))

const syllables = 'ba ko ri ten mu sa le do pin gra vo est un qui she za lor mi fa ng'.split(' ')

function wordOf(n: number): string {
  const common = ['the', 'and', 'to', 'of', 'a'][n]
  if (common !== undefined) return common
  let word = ''
  for (let rest = n; rest > 0; rest = Math.floor(rest / syllables.length)) {
    word += syllables[rest % syllables.length] ?? ''
  }
  return word
}
