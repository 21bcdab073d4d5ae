import type { EventId, Pdu } from '../core/types.ts'
import type { MediaReferences } from '../media/ports.ts'
import type { Database } from './database.ts'

/** Wherever in the content: a field of its own, or an image in the text. */
const uriPattern = /mxc:\/\/[A-Za-z0-9.:[\]-]{1,255}\/[A-Za-z0-9_-]{1,255}/g
/** No message shows more; a file that is not entered here is only kept longer. */
const maxFiles = 100

/** Enters the files that an event names; in the transaction that stores the event, whose JSON text `json` is. */
export function recordEventMedia(db: Database, pdu: Pdu, json: string): void {
  if (!json.includes('mxc://')) return
  const uris = new Set(JSON.stringify(pdu.content).match(uriPattern)?.slice(0, maxFiles))
  for (const uri of uris) {
    db.run(
      'INSERT OR IGNORE INTO event_media (uri, event_id, sender) VALUES (?, ?, ?)',
      uri,
      pdu.eventId,
      pdu.sender,
    )
  }
}

/** The event lost its content; likewise in the transaction that takes it. */
export function redactEventMedia(db: Database, eventId: EventId): void {
  db.run('UPDATE event_media SET redacted = 1 WHERE event_id = ?', eventId)
}

/** `MediaReferences` over the node's database. */
export function createMediaReferences(db: Database): MediaReferences {
  const unused = `
    SELECT m.uri FROM event_media AS m
    WHERE m.redacted = 1
      AND NOT EXISTS (SELECT 1 FROM event_media AS o WHERE o.uri = m.uri AND o.redacted = 0)
      AND NOT EXISTS (SELECT 1 FROM users AS u WHERE instr(u.profile, m.uri) > 0)
      AND NOT EXISTS (SELECT 1 FROM account_data AS a WHERE instr(a.content, m.uri) > 0)`
  return {
    unused(events) {
      const rows =
        events === undefined
          ? db.all(`${unused} GROUP BY m.uri`)
          : events.flatMap((id) => db.all(`${unused} AND m.event_id = ?`, id))
      return [...new Set(rows.map((row) => String(row['uri'])))]
    },
    isNamedBy: (uri, sender) =>
      db.get('SELECT 1 FROM event_media WHERE uri = ? AND sender = ?', uri, sender) !== undefined,
    forget(uri) {
      db.transaction(() => {
        db.run('DELETE FROM event_media WHERE uri = ? AND redacted = 1', uri)
      })
    },
  }
}
