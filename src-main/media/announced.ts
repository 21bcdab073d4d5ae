import type { ServerName, UserId } from '../core/types.ts'
import type { Clock, Random } from '../trace/clock.ts'
import { formatMxc } from './mxc.ts'
import { MediaError } from './ports.ts'
import type { MediaRecord, MediaRecords, Mxc } from './ports.ts'

const lifetimeMs = 24 * 60 * 60_000
const perUser = 50
const longestWaitMs = 60_000

interface Parts {
  readonly records: MediaRecords
  readonly clock: Clock
  readonly random: Random
  readonly serverName: ServerName
}

/** Uploads in two steps: first a URI is given out, and who reads it waits for the file. */
export class AnnouncedUploads {
  private readonly parts: Parts
  private readonly waiting = new Map<string, Set<() => void>>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  create(userId: UserId): { uri: string; expiresTs: number } {
    const { records, clock, random, serverName } = this.parts
    const now = clock.now()
    records.deleteExpired(now)
    if (records.pendingCount(userId, now) >= perUser) {
      throw new MediaError('too-many-pending', 'Too many uploads were announced and have not come')
    }
    const mxc = { origin: serverName, mediaId: random.token(24) }
    const expiresTs = now + lifetimeMs
    records.put({
      ...mxc,
      sha256: undefined,
      size: 0,
      contentType: undefined,
      filename: undefined,
      userId,
      createdTs: now,
      expiresTs,
    })
    return { uri: formatMxc(mxc), expiresTs }
  }

  /** Throws unless this user may send this file now. */
  check(mxc: Mxc, userId: UserId): void {
    const { records, clock, serverName } = this.parts
    const record = records.get(mxc)
    const isLate = (record?.expiresTs ?? Infinity) <= clock.now()
    if (record === undefined || mxc.origin !== serverName || isLate) {
      throw new MediaError('not-found', 'No upload was announced under this id, or it came too late')
    }
    if (record.userId !== userId) throw new MediaError('forbidden', 'Another user announced this upload')
    if (record.sha256 !== undefined) throw new MediaError('already-uploaded', 'The file was uploaded already')
  }

  arrived(mxc: Mxc): void {
    for (const wake of this.waiting.get(formatMxc(mxc)) ?? []) wake()
  }

  /** The record of our own file, when it has come. Throws `not-found` and `not-yet-uploaded`. */
  async wait(mxc: Mxc, timeoutMs: number, signal?: AbortSignal): Promise<MediaRecord> {
    const { records } = this.parts
    const record = records.get(mxc)
    if (record === undefined) throw new MediaError('not-found', 'There is no such file')
    if (record.sha256 !== undefined) return record
    await this.arrival(formatMxc(mxc), timeoutMs, signal)
    const now = records.get(mxc)
    if (now?.sha256 === undefined)
      throw new MediaError('not-yet-uploaded', 'The file has not been uploaded yet')
    return now
  }

  private arrival(uri: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const { waiting } = this
    const waiters = waiting.get(uri) ?? new Set<() => void>()
    waiting.set(uri, waiters)
    return new Promise((resolve) => {
      const cancel = this.parts.clock.setTimeout(done, Math.min(timeoutMs, longestWaitMs))
      function done(): void {
        cancel()
        signal?.removeEventListener('abort', done)
        waiters.delete(done)
        if (waiters.size === 0 && waiting.get(uri) === waiters) waiting.delete(uri)
        resolve()
      }
      waiters.add(done)
      signal?.addEventListener('abort', done, { once: true })
    })
  }
}
