import type { Report, ReportStore } from '../../client-api/reports/ports.ts'
import type { EventId, RoomId, UserId } from '../../core/types.ts'
import type { Row } from '../database.ts'
import { optionalText, text, type StoreContext } from './parts.ts'

const MAX_OF_ONE = 100
const MAX_OF_ALL = 2000

export function createReports({ db, clock }: StoreContext): ReportStore {
  return {
    addReport: ({ reporter, roomId, eventId, userId, reason }) =>
      db.transaction(() => {
        db.run(
          'INSERT INTO reports (reporter, room_id, event_id, user_id, reason, ts) VALUES (?, ?, ?, ?, ?, ?)',
          reporter,
          roomId ?? null,
          eventId ?? null,
          userId ?? null,
          reason ?? null,
          clock.now(),
        )
        // One person's zeal does not push out what others have to say.
        const ofOne = db.run(
          `DELETE FROM reports WHERE reporter = ?1 AND id <=
             (SELECT id FROM reports WHERE reporter = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${MAX_OF_ONE})`,
          reporter,
        )
        const ofAll = db.run(
          `DELETE FROM reports WHERE id <= (SELECT id FROM reports ORDER BY id DESC LIMIT 1 OFFSET ${MAX_OF_ALL})`,
        )
        return { gone: ofOne.changes + ofAll.changes }
      }),
    reports: (before, limit) =>
      db
        .all(
          'SELECT * FROM reports WHERE id < ? ORDER BY id DESC LIMIT ?',
          before ?? Number.MAX_SAFE_INTEGER,
          limit,
        )
        .map(reportOf),
    reportCounts() {
      const row = db.get(
        'SELECT (SELECT count(*) FROM reports) AS total, (SELECT count(*) FROM reports WHERE seen = 0) AS unseen',
      )
      return { total: Number(row?.['total'] ?? 0), unseen: Number(row?.['unseen'] ?? 0) }
    },
    reportsSeen(upTo) {
      db.run('UPDATE reports SET seen = 1 WHERE seen = 0 AND id <= ?', upTo)
    },
    dismissReport: (id) => db.run('DELETE FROM reports WHERE id = ?', id).changes > 0,
  }
}

const reportOf = (row: Row): Report => ({
  id: Number(row['id']),
  reporter: text(row, 'reporter') as UserId,
  roomId: optionalText(row, 'room_id') as RoomId | undefined,
  eventId: optionalText(row, 'event_id') as EventId | undefined,
  userId: optionalText(row, 'user_id') as UserId | undefined,
  reason: optionalText(row, 'reason'),
  ts: Number(row['ts']),
  isNew: row['seen'] === 0,
})
