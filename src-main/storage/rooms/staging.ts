import { parseJson } from '../../core/parse-json.ts'
import type { PduJson, RoomId, ServerName } from '../../core/types.ts'
import type { StagedPdu } from '../../rooms/ports.ts'
import type { Database, Row } from '../database.ts'

/** How long transaction ids are remembered; no server retries one for as long. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000
/** Of one server, the newest; looked at when so many more have come. */
const REMEMBERED_OF_ONE = 10_000
const SLACK = 256

/** PDUs that were received and wait for their turn, and the ids of the transactions that brought them. */
export class Staging {
  private readonly db: Database
  private sinceTrimmed = 0

  constructor(db: Database) {
    this.db = db
  }

  stage(
    origin: ServerName,
    txnId: string | undefined,
    pdus: readonly { roomId: RoomId; json: PduJson }[],
    receivedTs: number,
  ): readonly number[] | 'seen' {
    if (txnId !== undefined && !this.remember(origin, txnId, receivedTs)) return 'seen'
    return pdus.map(
      ({ roomId, json }) =>
        this.db.run(
          'INSERT INTO staged_pdus (origin, room_id, received_ts, json) VALUES (?, ?, ?, ?)',
          origin,
          roomId,
          receivedTs,
          JSON.stringify(json),
        ).lastInsertRowid,
    )
  }

  /** False for one that is remembered already. */
  private remember(origin: ServerName, txnId: string, receivedTs: number): boolean {
    const { changes } = this.db.run(
      'INSERT OR IGNORE INTO staged_txns (origin, txn_id, received_ts) VALUES (?, ?, ?)',
      origin,
      txnId,
      receivedTs,
    )
    if (changes === 0) return false
    this.db.run('DELETE FROM staged_txns WHERE received_ts < ?', receivedTs - REMEMBERED_MS)
    if (++this.sinceTrimmed < SLACK) return true
    this.sinceTrimmed = 0
    this.db.run(
      `DELETE FROM staged_txns WHERE origin = ?1 AND received_ts < (
         SELECT received_ts FROM staged_txns WHERE origin = ?1 ORDER BY received_ts DESC LIMIT 1 OFFSET ?2)`,
      origin,
      REMEMBERED_OF_ONE,
    )
    return true
  }

  rooms(): RoomId[] {
    return this.db
      .all('SELECT room_id FROM staged_pdus GROUP BY room_id ORDER BY min(id)')
      .map((row) => row['room_id'] as RoomId)
  }

  counts(roomId: RoomId): Map<ServerName, number> {
    const rows = this.db.all(
      'SELECT origin, count(*) AS count FROM staged_pdus WHERE room_id = ? GROUP BY origin',
      roomId,
    )
    return new Map(rows.map((row) => [row['origin'] as ServerName, Number(row['count'])]))
  }

  pdus(roomId: RoomId, limit: number): StagedPdu[] {
    return this.db
      .all('SELECT * FROM staged_pdus WHERE room_id = ? ORDER BY id LIMIT ?', roomId, limit)
      .map((row) => toStaged(row))
  }

  heads(roomId: RoomId, limit: number): { id: number; origin: ServerName }[] {
    return this.db
      .all('SELECT id, origin FROM staged_pdus WHERE room_id = ? ORDER BY id LIMIT ?', roomId, limit)
      .map((row) => ({ id: Number(row['id']), origin: row['origin'] as ServerName }))
  }

  pdu(id: number): StagedPdu | undefined {
    const row = this.db.get('SELECT * FROM staged_pdus WHERE id = ?', id)
    return row === undefined ? undefined : toStaged(row)
  }

  delete(id: number): void {
    this.db.run('DELETE FROM staged_pdus WHERE id = ?', id)
  }
}

function toStaged(row: Row): StagedPdu {
  return {
    id: Number(row['id']),
    origin: row['origin'] as ServerName,
    roomId: row['room_id'] as RoomId,
    json: parseJson(String(row['json'])) as PduJson,
    receivedTs: Number(row['received_ts']),
  }
}
