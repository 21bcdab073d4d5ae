import type { ServerName, UserId } from '../core/types.ts'
import type { MediaRecord, MediaRecords, Mxc } from '../media/ports.ts'
import type { Database, Row } from './database.ts'

/** `MediaRecords` over the node's database. */
export class MediaStore implements MediaRecords {
  private readonly db: Database

  constructor(db: Database) {
    this.db = db
  }

  get({ origin, mediaId }: Mxc): MediaRecord | undefined {
    const row = this.db.get('SELECT * FROM media WHERE origin = ? AND media_id = ?', origin, mediaId)
    return row === undefined ? undefined : recordOf(row)
  }

  put(record: MediaRecord): void {
    this.db.transaction(() => {
      this.db.run(
        `INSERT OR REPLACE INTO media
           (origin, media_id, sha256, size, content_type, filename, user_id, created_ts, expires_ts, last_access_ts)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        record.origin,
        record.mediaId,
        record.sha256 ?? null,
        record.size,
        record.contentType ?? null,
        record.filename ?? null,
        record.userId ?? null,
        record.createdTs,
        record.expiresTs ?? null,
        record.lastAccessTs ?? null,
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

  touch({ origin, mediaId }: Mxc, now: number): void {
    this.db.transaction(() => {
      this.db.run(
        `UPDATE media SET last_access_ts = ?
         WHERE origin = ? AND media_id = ? AND last_access_ts IS NOT NULL`,
        now,
        origin,
        mediaId,
      )
    })
  }

  remove({ origin, mediaId }: Mxc): void {
    this.db.transaction(() => {
      this.db.run('DELETE FROM media WHERE origin = ? AND media_id = ?', origin, mediaId)
    })
  }

  isUsed(sha256: string): boolean {
    return this.db.get('SELECT 1 AS found FROM media WHERE sha256 = ? LIMIT 1', sha256) !== undefined
  }

  remoteBytes(): number {
    const row = this.db.get(
      'SELECT COALESCE(SUM(size), 0) AS bytes FROM media WHERE last_access_ts IS NOT NULL',
    )
    return Number(row?.['bytes'] ?? 0)
  }

  leastRecentRemote(limit: number): MediaRecord[] {
    return this.db
      .all(
        'SELECT * FROM media WHERE last_access_ts IS NOT NULL ORDER BY last_access_ts, created_ts LIMIT ?',
        limit,
      )
      .map(recordOf)
  }

  usage(): { files: number; bytes: number } {
    const row = this.db.get(
      `SELECT COUNT(*) AS files, COALESCE(SUM(size), 0) AS bytes
         FROM (SELECT sha256, MAX(size) AS size FROM media WHERE sha256 IS NOT NULL GROUP BY sha256)`,
    )
    return { files: Number(row?.['files'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) }
  }
}

function recordOf(row: Row): MediaRecord {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  const number = (value: unknown): number | undefined => (value === null ? undefined : Number(value))
  return {
    origin: String(row['origin']) as ServerName,
    mediaId: String(row['media_id']),
    sha256: text(row['sha256']),
    size: Number(row['size']),
    contentType: text(row['content_type']),
    filename: text(row['filename']),
    userId: text(row['user_id']) as UserId | undefined,
    createdTs: Number(row['created_ts']),
    expiresTs: number(row['expires_ts']),
    lastAccessTs: number(row['last_access_ts']),
  }
}
