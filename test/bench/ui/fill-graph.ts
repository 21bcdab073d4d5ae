import { parsePdu } from '../../../src-main/core/pdu.ts'
import type { EventId, JsonObject, Pdu, RoomId, ServerName } from '../../../src-main/core/types.ts'
import { TIMELINE_STEP, type EventStatus } from '../../../src-main/rooms/ports.ts'
import { openDatabase } from '../../../src-main/storage/database.ts'
import { createRoomStore } from '../../../src-main/storage/room-store.ts'
import { seededRandom } from '../../harness/clock.ts'

const WRITTEN_TOGETHER = 500

/**
 * Adds events of eight servers to a room, into the data folder of a node that does not run: forks and merges as
 * of servers that speak at the same time, and here and there one that was refused or whose past is missing.
 */
export function fillGraph(dataDir: string, own: ServerName, roomId: RoomId, count: number): void {
  const db = openDatabase(dataDir)
  try {
    const store = createRoomStore(db, own)
    const room = store.getRoom(roomId)
    if (room === undefined) throw new Error(`There is no ${roomId}`)
    const random = seededRandom(7)
    const servers = [
      own,
      ...['ada', 'bo', 'cleo', 'dan', 'eve', 'finn', 'gus'].map((name) => `${name}.example`),
    ]
    let ends: readonly EventId[] = store.forwardExtremities(roomId).map(({ eventId }) => eventId)
    const auth = ends.flatMap((id) => store.getEvent(id)?.pdu.authEvents ?? []).slice(0, 3)
    let depth = store.forwardExtremities(roomId)[0]?.depth ?? 0
    let place = store.highestTimelinePos(roomId) ?? 0
    const start = Date.now() - count * 1_000

    const make = (index: number, prev: readonly string[], change: JsonObject = {}): Pdu => {
      const server = servers[Math.floor(random.next() ** 2 * servers.length)] ?? own
      const parsed = parsePdu(
        {
          type: 'm.room.message',
          room_id: roomId,
          sender: `@owner:${server}`,
          content: { msgtype: 'm.text', body: `Event ${index}` },
          auth_events: [...auth],
          prev_events: [...prev],
          depth,
          origin_server_ts: start + index * 1_000,
          hashes: { sha256: String(index) },
          signatures: {},
          ...change,
        },
        room.version,
      )
      if (!parsed.ok) throw new Error(parsed.reason)
      return parsed.pdu
    }
    const put = (pdu: Pdu, index: number, status: EventStatus = 'accepted'): void => {
      const shown = status === 'accepted'
      if (shown) place += TIMELINE_STEP
      store.insertEvent({
        pdu,
        status,
        ...(shown ? { streamPos: store.nextStreamPos(), timelinePos: place } : {}),
        ...(status === 'outlier' ? {} : { stateBefore: room.currentState, stateAfter: room.currentState }),
        ...(shown || status === 'outlier' ? {} : { reason: '10.1: not allowed to send m.room.name events' }),
        receivedTs: start + index * 1_000,
      })
    }

    for (let from = 0; from < count; from += WRITTEN_TOGETHER) {
      store.transaction(() => {
        for (let index = from; index < Math.min(count, from + WRITTEN_TOGETHER); index++) {
          const dice = random.next()
          const tip = ends[Math.floor(random.next() * ends.length)] ?? ''
          depth++
          if (dice < 0.004) {
            put(
              make(index, [tip], { type: 'm.room.name', state_key: '', content: { name: 'No' } }),
              index,
              dice < 0.002 ? 'rejected' : 'soft-failed',
            )
            continue
          }
          const forks = dice < 0.08 && ends.length < 4
          const merges = ends.length > 1 && dice > 0.72
          const prev = merges ? ends : [tip]
          const gone = dice > 0.995 ? [`$${'x'.repeat(36)}${String(index).padStart(7, '0')}`] : []
          const change =
            dice > 0.6 && dice < 0.63
              ? { type: 'm.room.topic', state_key: '', content: { topic: String(index) } }
              : {}
          const pdu = make(index, [...prev, ...gone], change)
          put(pdu, index)
          // A fork leaves its parent open to one more.
          ends = forks ? [...ends, pdu.eventId] : [...ends.filter((id) => !prev.includes(id)), pdu.eventId]
        }
        store.setForwardExtremities(roomId, ends)
        while (store.indexNewText(WRITTEN_TOGETHER));
      })
    }
  } finally {
    db.close()
  }
}
