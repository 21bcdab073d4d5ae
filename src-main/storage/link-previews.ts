import type { JsonObject } from '../core/types.ts'
import type { PreviewCache } from '../link-previews/ports.ts'
import type { Database } from './database.ts'

const KEPT = 2_000

/** Previews of links, over restarts. Losing some to a power cut costs looking again. */
export function createPreviewCache(db: Database): PreviewCache {
  return {
    get(url, now) {
      const row = db.get('SELECT json FROM link_previews WHERE url = ? AND expires_ts > ?', url, now)
      // Only this store writes the column.
      return row === undefined ? undefined : (JSON.parse(String(row['json'])) as JsonObject)
    },
    put(url, preview, { now, expires }) {
      db.transaction(() => {
        db.run(
          'INSERT OR REPLACE INTO link_previews (url, json, fetched_ts, expires_ts) VALUES (?, ?, ?, ?)',
          url,
          JSON.stringify(preview),
          now,
          expires,
        )
        db.run(
          `DELETE FROM link_previews WHERE fetched_ts <
             (SELECT fetched_ts FROM link_previews ORDER BY fetched_ts DESC LIMIT 1 OFFSET ?)`,
          KEPT,
        )
      }, 'crash')
    },
  }
}
