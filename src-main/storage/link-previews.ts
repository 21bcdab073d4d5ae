import type { JsonObject } from '../core/types.ts'
import type { PreviewCache } from '../link-previews/ports.ts'
import type { Database } from './database.ts'

const MAX_PREVIEWS = 2_000
const MAX_PICTURE_BYTES = 256 * 1024 * 1024

/** Previews of links, over restarts. Losing some to a power cut costs looking again. */
export function createPreviewCache(db: Database): PreviewCache {
  function picturesOf(url: string): string[] {
    const json = db.get('SELECT json FROM link_previews WHERE url = ?', url)?.['json']
    // Only this store writes the column.
    const preview = json === undefined ? {} : (JSON.parse(String(json)) as JsonObject)
    const picture = preview['og:image']
    return typeof picture === 'string' ? [picture] : []
  }

  /** The oldest, while there are too many of them or their pictures are too large. */
  function tooMany(): string | undefined {
    const row = db.get(
      `SELECT count(*) AS n, sum(json_extract(json, '$."matrix:image:size"')) AS bytes FROM link_previews`,
    )
    if (Number(row?.['n']) <= MAX_PREVIEWS && Number(row?.['bytes'] ?? 0) <= MAX_PICTURE_BYTES)
      return undefined
    return String(db.get('SELECT url FROM link_previews ORDER BY fetched_ts, url LIMIT 1')?.['url'])
  }

  return {
    get(url, now) {
      const row = db.get('SELECT json FROM link_previews WHERE url = ? AND expires_ts > ?', url, now)
      return row === undefined ? undefined : (JSON.parse(String(row['json'])) as JsonObject)
    },
    put(url, preview, { now, expires }) {
      return db.transaction(() => {
        const unused = picturesOf(url)
        db.run(
          'INSERT OR REPLACE INTO link_previews (url, json, fetched_ts, expires_ts) VALUES (?, ?, ?, ?)',
          url,
          JSON.stringify(preview),
          now,
          expires,
        )
        for (let oldest = tooMany(); oldest !== undefined; oldest = tooMany()) {
          unused.push(...picturesOf(oldest))
          db.run('DELETE FROM link_previews WHERE url = ?', oldest)
        }
        return unused
      }, 'crash')
    },
  }
}
