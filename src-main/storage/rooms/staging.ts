import { parseJson } from '../../core/parse-json.ts'
import type { PduJson, RoomId, ServerName } from '../../core/types.ts'
import type { StagedPdu } from '../../rooms/ports.ts'
import type { Database, Row } from '../database.ts'

/** How long transaction ids are remembered; no server retries one for as long. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000

/** PDUs that were received and wait for their turn, and the ids of the transactions that brought them. */
export class Staging {
  private readonly db: Database

  constructor(db: Database) {
    this.db = db
  }

  stage(
    origin: ServerName,
    txnId: string,
    pdus: readonly { roomId: RoomId; json: PduJson }[],
    receivedTs: number,
  ): readonly number[] | 'seen' {
    const { changes } = this.db.run(
      'INSERT OR IGNORE INTO staged_txns (origin, txn_id, received_ts) VALUES (?, ?, ?)',
      origin,
      txnId,
      receivedTs,
    )
    if (changes === 0) return 'seen'
    const numbers = pdus.map(
      ({ roomId, json }) =>
        this.db.run(
          'INSERT INTO staged_pdus (origin, room_id, received_ts, json) VALUES (?, ?, ?, ?)',
          origin,
          roomId,
          receivedTs,
          JSON.stringify(json),
        ).lastInsertRowid,
    )
    this.db.run('DELETE FROM staged_txns WHERE received_ts < ?', receivedTs - REMEMBERED_MS)
    return numbers
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
