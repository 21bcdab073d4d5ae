import { join } from 'node:path'
import type { ServerName } from '../core/types.ts'
import type { Clock } from '../trace/clock.ts'
import type { MediaFiles } from './files.ts'
import { formatMxc } from './mxc.ts'
import { PartialFiles } from './partial.ts'
import { MediaError } from './ports.ts'
import type { MediaRecord, MediaRecords, Mxc, RemoteMedia } from './ports.ts'
import { RemoteFetch } from './remote-fetch.ts'

/** Files that are being fetched at once from one server: one that is slow does not keep the others waiting. */
const maxPerServer = 8
/** With those that wait for their turn. */
const maxFetches = 300
/** Left free for everything else on the disk. */
const spareBytes = 200 * 1024 * 1024
/** How exactly it is known which file was read last; each notice is a write. */
const touchEveryMs = 60 * 60_000

export interface RemoteCacheParts {
  readonly dir: string
  readonly files: MediaFiles
  readonly records: MediaRecords
  readonly clock: Clock
  readonly remote: RemoteMedia
  readonly maxSize: number | undefined
  /** Bytes; undefined is unlimited. */
  readonly maxCache: number | undefined
}

export interface Fetching {
  readonly mxc: Mxc
  readonly fetch: RemoteFetch
  /** The file is complete, and kept. */
  readonly finished: Promise<MediaRecord>
}

/** Files of other servers: fetched once, read while they come, and let go when the longest unread of too many. */
export class RemoteCache {
  private readonly parts: RemoteCacheParts
  private readonly partial: PartialFiles
  private readonly fetches = new Map<string, Fetching>()
  private readonly servers = new Map<ServerName, { running: number; waiting: (() => void)[] }>()
  private ready: Promise<void> | undefined
  private stopped = false

  constructor(parts: RemoteCacheParts) {
    this.parts = parts
    this.partial = new PartialFiles(join(parts.dir, 'partial'))
  }

  running(mxc: Mxc): Fetching | undefined {
    const found = this.fetches.get(formatMxc(mxc))
    return found?.fetch.failed === true ? undefined : found
  }

  /** Several requests for one file share one fetch. */
  fetch(mxc: Mxc): Fetching {
    const running = this.running(mxc)
    if (running !== undefined) return running
    const uri = formatMxc(mxc)
    if (this.stopped) throw new MediaError('remote-failed', 'This server is stopping')
    if (this.fetches.size >= maxFetches) {
      throw new MediaError('busy', 'Too many files are being fetched; try again soon')
    }
    const failed = this.fetches.get(uri)
    const { remote, clock, maxSize } = this.parts
    const fetch = new RemoteFetch({
      mxc,
      remote,
      partial: this.partial,
      clock,
      maxSize,
      prepare: async () => {
        // They write to the same place.
        await failed?.finished.catch(() => undefined)
        await this.prepare()
      },
      reserve: (bytes) => this.reserve(bytes),
    })
    const finished = this.finish(mxc, fetch).finally(() => {
      if (this.fetches.get(uri)?.fetch === fetch) this.fetches.delete(uri)
    })
    // Who only reads what comes is told by the stream.
    finished.catch(() => undefined)
    const entry = { mxc, fetch, finished }
    this.fetches.set(uri, entry)
    return entry
  }

  /** Gives up what has come in part. */
  async forget(mxc: Mxc): Promise<void> {
    const running = this.running(mxc)
    running?.fetch.stop()
    await running?.finished.catch(() => undefined)
    await this.partial.remove(formatMxc(mxc))
  }

  /** The file was read just now. */
  touch(record: MediaRecord): void {
    const now = this.parts.clock.now()
    if (now - (record.lastAccessTs ?? 0) > touchEveryMs) this.parts.records.touch(record, now)
  }

  async stop(): Promise<void> {
    this.stopped = true
    const running = [...this.fetches.values()]
    for (const { fetch } of running) fetch.stop()
    await Promise.allSettled(running.map(({ finished }) => finished))
  }

  private async turn(origin: ServerName): Promise<void> {
    const server = this.servers.get(origin) ?? { running: 0, waiting: [] }
    this.servers.set(origin, server)
    if (server.running < maxPerServer) server.running += 1
    // Whoever is done gives its place to the next.
    else await new Promise<void>((resolve) => server.waiting.push(resolve))
  }

  private next(origin: ServerName): void {
    const server = this.servers.get(origin)
    if (server === undefined) return
    const waiting = server.waiting.shift()
    if (waiting !== undefined) return waiting()
    server.running -= 1
    if (server.running === 0) this.servers.delete(origin)
  }

  private prepare(): Promise<void> {
    this.ready ??= this.partial.tidy(this.parts.clock.now()).catch((error: unknown) => {
      this.ready = undefined
      throw error
    })
    return this.ready
  }

  private async finish(mxc: Mxc, fetch: RemoteFetch): Promise<MediaRecord> {
    const { files, records, clock } = this.parts
    await this.turn(mxc.origin)
    let fetched: Awaited<ReturnType<RemoteFetch['run']>>
    try {
      fetched = await fetch.run()
    } finally {
      this.next(mxc.origin)
    }
    const { sha256, size, path } = fetched
    const { contentType, filename } = await fetch.details
    const now = clock.now()
    const record: MediaRecord = {
      ...mxc,
      sha256,
      size,
      contentType,
      filename,
      userId: undefined,
      createdTs: now,
      expiresTs: undefined,
      lastAccessTs: now,
    }
    const moving = files.place(path, sha256, () => records.put(record))
    fetch.movesTo(moving)
    await moving
    await this.partial.forget(fetch.uri)
    await this.prune(0, formatMxc(mxc))
    return record
  }

  /** Room for so many bytes more, within the limit and on the disk. */
  private async reserve(bytes: number): Promise<void> {
    if (bytes <= 0) return
    await this.prune(bytes)
    for (;;) {
      const free = await this.parts.files.free()
      if (free - bytes >= spareBytes) return
      if (!(await this.dropOldest())) {
        throw new MediaError(
          'disk-full',
          `The disk has not enough room for this file (${Math.ceil(bytes / 1e6)} MB)`,
        )
      }
    }
  }

  /** Lets go of what came in part, then of the longest unread, until `coming` bytes more are within the limit. */
  private async prune(coming: number, except?: string): Promise<void> {
    const { records, maxCache } = this.parts
    if (maxCache === undefined) return
    const busy = new Set([...this.fetches.keys()].map((uri) => this.partial.nameOf(uri)))
    const parts = (await this.partial.list()).filter(({ name }) => !busy.has(name))
    let partial = parts.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { name, bytes } of parts) {
      if (records.remoteBytes() + partial + coming <= maxCache) return
      await this.partial.drop(name)
      partial -= bytes
    }
    while (records.remoteBytes() + coming > maxCache) if (!(await this.dropOldest(except))) return
  }

  private async dropOldest(except?: string): Promise<boolean> {
    const { records, files } = this.parts
    const oldest = records.leastRecentRemote(except === undefined ? 1 : 2)
    const record = oldest.find((each) => formatMxc(each) !== except)
    if (record === undefined) return false
    records.remove(record)
    if (record.sha256 !== undefined) await files.remove(record.sha256, (sha256) => records.isUsed(sha256))
    return true
  }
}
