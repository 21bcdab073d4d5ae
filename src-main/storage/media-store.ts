import type { ServerName, UserId } from '../core/types.ts'
import type { MediaRecord, MediaRecords, Mxc } from '../media/ports.ts'
import type { Database } from './database.ts'

/** `MediaRecords` over the node's database. */
export class MediaStore implements MediaRecords {
  private readonly db: Database

  constructor(db: Database) {
    this.db = db
  }

  get({ origin, mediaId }: Mxc): MediaRecord | undefined {
    const row = this.db.get('SELECT * FROM media WHERE origin = ? AND media_id = ?', origin, mediaId)
    if (row === undefined) return undefined
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
    return {
      origin: String(row['origin']) as ServerName,
      mediaId: String(row['media_id']),
      sha256: text(row['sha256']),
      size: Number(row['size']),
      contentType: text(row['content_type']),
      filename: text(row['filename']),
      userId: text(row['user_id']) as UserId | undefined,
      createdTs: Number(row['created_ts']),
      expiresTs: row['expires_ts'] === null ? undefined : Number(row['expires_ts']),
    }
  }

  put(record: MediaRecord): void {
    this.db.transaction(() => {
      this.db.run(
        `INSERT OR REPLACE INTO media
           (origin, media_id, sha256, size, content_type, filename, user_id, created_ts, expires_ts)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        record.origin,
        record.mediaId,
        record.sha256 ?? null,
        record.size,
        record.contentType ?? null,
        record.filename ?? null,
        record.userId ?? null,
        record.createdTs,
        record.expiresTs ?? null,
      )
    })
  }

  pendingCount(userId: UserId, now: number): number {
    const row = this.db.get(
      'SELECT COUNT(*) AS n FROM media WHERE sha256 IS NULL AND user_id = ? AND expires_ts > ?',
      userId,
      now,
    )
    return Number(row?.['n'] ?? 0)
  }

  deleteExpired(now: number): void {
    this.db.transaction(() => {
      this.db.run('DELETE FROM media WHERE sha256 IS NULL AND expires_ts <= ?', now)
    })
  }

  usage(): { files: number; bytes: number } {
    const row = this.db.get(
      `SELECT COUNT(*) AS files, COALESCE(SUM(size), 0) AS bytes
         FROM (SELECT sha256, MAX(size) AS size FROM media WHERE sha256 IS NOT NULL GROUP BY sha256)`,
    )
    return { files: Number(row?.['files'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) }
  }
}
