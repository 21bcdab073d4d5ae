import { hash } from 'node:crypto'
import type { Session } from '../../client-api/ports.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import type { Database, Row } from '../database.ts'
import type { LruCache } from '../rooms/lru.ts'

/** What each part of the accounts store works with. */
export interface StoreContext {
  readonly db: Database
  readonly clock: Clock
  readonly serverName: ServerName
  /** Takes the next position of the account stream; inside a transaction. */
  nextPos: () => number
  /** Sessions by the hash of their token. To be cleared with whatever ends one. */
  readonly sessions: LruCache<string, Session>
}

export const hashToken = (token: string): string => hash('sha256', token, 'base64url')

export const text = (row: Row, column: string): string => String(row[column])
export const optionalText = (row: Row, column: string): string | undefined => {
  const value = row[column]
  return typeof value === 'string' ? value : undefined
}
export const optionalNumber = (row: Row, column: string): number | undefined => {
  const value = row[column]
  return typeof value === 'number' ? value : undefined
}
/** Only for columns that this store wrote itself. */
export const object = (row: Row, column: string): JsonObject => JSON.parse(text(row, column)) as JsonObject
