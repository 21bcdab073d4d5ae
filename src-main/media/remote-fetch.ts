import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { sleep } from '../trace/clock.ts'
import type { Clock } from '../trace/clock.ts'
import { cleanContentType, cleanFilename } from './clean.ts'
import { hashInline, hashInThread, largeBytes, startHash } from './file-hash.ts'
import type { FileHash } from './file-hash.ts'
import { FileSink } from './file-sink.ts'
import type { Source } from './file-stream.ts'
import { isNoSpace } from './files.ts'
import { formatMxc } from './mxc.ts'
import type { PartialFiles } from './partial.ts'
import { idleTimeoutMs, patiently } from './patiently.ts'
import { MediaError } from './ports.ts'
import type { Mxc, RemoteAnswer, RemoteMedia } from './ports.ts'

/** Attempts without a byte of progress, after a first part has come. */
const maxAttempts = 7
const longestPauseMs = 5_000
/** A file that nobody reads any more is left as it is, to be continued when somebody asks again. */
const unreadMs = 30_000

const muchBytes = 1024 * 1024

export interface FetchParts {
  readonly mxc: Mxc
  readonly remote: RemoteMedia
  readonly partial: PartialFiles
  readonly clock: Clock
  readonly maxSize: number | undefined
  /** Done before anything is written. */
  readonly prepare: () => Promise<void>
  /** Makes room for a file of this size; throws `disk-full`. */
  readonly reserve: (bytes: number) => Promise<void>
}

/** What the other server said of the file, before its bytes. */
export interface RemoteDetails {
  readonly contentType: string | undefined
  readonly filename: string | undefined
  readonly size: number | undefined
  readonly sha256: string | undefined
}

/**
 * One file on its way from another server to this disk. It is read from while it comes, is continued where
 * the connection broke, and is whole only when its hash says so: until then, the last byte is held back.
 */
export class RemoteFetch implements Source {
  readonly uri: string
  /** Resolves with the first answer; rejects when there is none. */
  readonly details: Promise<RemoteDetails>
  /** It failed, and may still be tidying up. */
  failed = false
  private readonly parts: FetchParts
  private readonly stopping = new AbortController()
  private known: RemoteDetails | undefined
  private sink: FileSink | undefined
  private readers = 0
  private cancelUnread: (() => void) | undefined
  private ended: { error: unknown } | 'complete' | undefined
  private waiting: (() => void)[] = []
  private place: Promise<string> | undefined
  private announce: { resolve(details: RemoteDetails): void; reject(error: unknown): void } | undefined

  constructor(parts: FetchParts) {
    this.parts = parts
    this.uri = formatMxc(parts.mxc)
    this.details = new Promise((resolve, reject) => {
      this.announce = { resolve, reject }
    })
    // Whoever awaits it hears of it; that nobody does is no fault.
    this.details.catch(() => undefined)
  }

  /** Resolves when all of it is in the file at `path`, synced, and is what the other server said. */
  async run(): Promise<{ sha256: string; size: number; path: string }> {
    const { partial } = this.parts
    const path = partial.pathOf(this.uri)
    let file: FileHandle | undefined
    this.leave()
    try {
      await this.parts.prepare()
      const begun = await this.begun(path)
      // Reading and writing; made where it is not there.
      file = await open(path, begun === undefined ? 'w+' : 'r+', 0o600)
      const hash = begun === undefined ? undefined : await this.hashFrom(path, begun)
      this.sink = this.sinkOf(file, begun ?? 0, hash)
      await this.repeat(file)
      await this.sink.flush()
      const sha256 = await this.sink.digest()
      if (this.known?.sha256 !== undefined && this.known.sha256 !== sha256) {
        throw new MediaError('remote-failed', `The file from ${this.parts.mxc.origin} arrived damaged`)
      }
      const { size } = this.sink
      this.end('complete')
      await file.sync()
      await file.close()
      return { sha256, size, path }
    } catch (error) {
      const said = this.inWords(error)
      this.failed = true
      await this.sink?.flush().catch(() => undefined)
      await file?.close().catch(() => undefined)
      if (!this.canContinue(said)) await partial.remove(this.uri)
      this.end({ error: said })
      throw said
    } finally {
      this.sink?.stop()
      this.cancelUnread?.()
    }
  }

  stop(): void {
    this.stopping.abort(new MediaError('interrupted', 'This server is stopping'))
  }

  /** How much is there now, of which another reader may still be waiting for the rest. */
  get available(): number {
    if (this.sink === undefined) return 0
    if (this.ended === 'complete') return this.sink.size
    return Math.min(this.sink.written, (this.known?.size ?? Infinity) - 1)
  }

  /** The whole file is being given another place, which the promise tells. */
  movesTo(place: Promise<string>): void {
    this.place = place
    // Whoever opens the file hears of it.
    place.catch(() => undefined)
  }

  /** Resolves to true when much has come and there is more, to false when all is here. Rejects when it failed. */
  async isLarge(): Promise<boolean> {
    await this.whileWaiting(Promise.resolve(this.readable(muchBytes)))
    return this.ended !== 'complete'
  }

  async open(): Promise<FileHandle> {
    const path = await (this.place ?? this.parts.partial.pathOf(this.uri))
    const file = await open(path, 'r').catch(async (error: unknown) => {
      // Moved between the question and the opening.
      if (this.place === undefined) throw error
      return await open(await this.place, 'r')
    })
    this.enter()
    return file
  }

  closed(): void {
    this.readers -= 1
    if (this.readers === 0) this.leave()
  }

  /** The fetch goes on while somebody waits for this. */
  async whileWaiting<T>(work: Promise<T>): Promise<T> {
    const leave = this.enter()
    try {
      return await work
    } finally {
      leave()
    }
  }

  /** Somebody waits for the file, if not by reading it; the answer says that they do no more. */
  enter(): () => void {
    this.readers += 1
    this.cancelUnread?.()
    this.cancelUnread = undefined
    return () => this.closed()
  }

  readable(position: number): number | Promise<number> {
    const { available } = this
    // What was not there in time for the hash is of no use to anybody.
    if (this.ended === 'complete' || available > position) return available
    if (this.ended !== undefined) return Promise.reject(asError(this.ended.error))
    return new Promise((resolve, reject) => {
      this.waiting.push(() => {
        try {
          resolve(this.readable(position))
        } catch (error) {
          reject(asError(error))
        }
      })
    })
  }

  private leave(): void {
    this.cancelUnread?.()
    if (this.ended !== undefined || this.readers > 0) return
    this.cancelUnread = this.parts.clock.setTimeout(
      () => this.stopping.abort(new MediaError('interrupted', 'Nobody waits for this file any more')),
      unreadMs,
    )
  }

  private sinkOf(file: FileHandle, at: number, hash: FileHash | undefined): FileSink {
    this.sink?.stop()
    const onWritten = (): void => this.wake()
    return new FileSink(file, this.parts.clock, { at, ...(hash === undefined ? {} : { hash }), onWritten })
  }

  /** Of a file of which `bytes` are there; what is large is hashed in a thread. */
  private async hashFrom(path: string, bytes: number): Promise<FileHash> {
    const hash = (this.known?.size ?? 0) < largeBytes ? undefined : hashInThread(path)
    if (hash === undefined) return hashInline(await startHash(path, bytes))
    hash.written(bytes)
    return hash
  }

  /** How much an earlier fetch left; undefined where there is nothing to continue. */
  private async begun(path: string): Promise<number | undefined> {
    const { partial } = this.parts
    const details = await partial.find(this.uri)
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => 0,
    )
    if (details === undefined || bytes === 0 || bytes > details.size) return undefined
    this.known = {
      contentType: details.contentType,
      filename: details.filename,
      size: details.size,
      sha256: details.sha256,
    }
    this.announce?.resolve(this.known)
    return bytes
  }

  /** Attempts until the file is complete, or it makes no sense to go on. */
  private async repeat(file: FileHandle): Promise<void> {
    const { clock } = this.parts
    for (let failures = 0; ;) {
      const before = this.sink?.size ?? 0
      try {
        await this.attempt(file)
        return
      } catch (error) {
        this.stopping.signal.throwIfAborted()
        const size = this.sink?.size ?? 0
        failures = size > before ? 1 : failures + 1
        const begun = size > 0 && this.known?.sha256 !== undefined
        if (!begun || failures >= maxAttempts || !isPassing(error)) throw error
        await sleep(clock, Math.min(longestPauseMs, 250 * 2 ** failures), this.stopping.signal)
        this.stopping.signal.throwIfAborted()
      }
    }
  }

  private async attempt(file: FileHandle): Promise<void> {
    const { mxc, remote, partial, clock } = this.parts
    let sink = this.sink
    if (sink === undefined) throw new Error('no file is open')
    await sink.flush()
    if (this.known?.size !== undefined && sink.size === this.known.size && sink.size > 0) return
    const { signal } = this.stopping
    const wanted = sink.size === 0 ? {} : { start: sink.size, sha256: this.known?.sha256 }
    const answer = await remote.download(mxc.origin, mxc.mediaId, { ...wanted, signal })
    const stream = patiently(answer.stream, clock, idleTimeoutMs)
    let skip = sink.size - (answer.start ?? 0)
    try {
      const same = answer.sha256 !== undefined && answer.sha256 === this.known?.sha256
      if (skip < 0) throw new Error('it sent another part than was asked for')
      if (skip > 0 && !same) {
        // It is another file than the one begun, or cannot be told from it.
        if (this.readers > 0) throw new MediaError('remote-failed', 'The file changed while it was fetched')
        await file.truncate(0)
        sink = this.sinkOf(file, 0, undefined)
        this.sink = sink
        skip = 0
      }
      await this.learn(answer)
      if (sink.size === 0 && (answer.size ?? 0) >= largeBytes) {
        sink = this.sinkOf(file, 0, hashInThread(partial.pathOf(this.uri)))
        this.sink = sink
      }
      for await (const chunk of stream) {
        signal.throwIfAborted()
        const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.byteLength))
        skip -= chunk.byteLength - fresh.byteLength
        if (fresh.byteLength === 0) continue
        const full = sink.push(fresh)
        this.checkSize(sink.size)
        if (full !== undefined) await full
      }
    } catch (error) {
      answer.close?.()
      throw error
    }
    if (sink.size < (this.known?.size ?? 0)) throw new Error('the answer was cut short')
  }

  private async learn(answer: RemoteAnswer): Promise<void> {
    const { partial, reserve } = this.parts
    const known: RemoteDetails = {
      contentType: cleanContentType(answer.contentType),
      filename: cleanFilename(answer.filename),
      size: answer.size,
      sha256: answer.sha256,
    }
    this.known = known
    this.checkSize(known.size ?? 0)
    await reserve((known.size ?? 0) - (this.sink?.size ?? 0))
    const { size, sha256, contentType, filename } = known
    if (size !== undefined && sha256 !== undefined) {
      await partial.describe({
        uri: this.uri,
        size,
        sha256,
        ...(contentType === undefined ? {} : { contentType }),
        ...(filename === undefined ? {} : { filename }),
      })
    }
    this.announce?.resolve(known)
  }

  private canContinue(error: MediaError): boolean {
    return (
      this.known?.sha256 !== undefined &&
      this.sink !== undefined &&
      this.sink.size > 0 &&
      (error.problem === 'interrupted' ||
        (error.problem === 'remote-failed' && isPassing(error.cause ?? error)))
    )
  }

  private checkSize(size: number): void {
    const { maxSize, mxc } = this.parts
    if (this.known?.size !== undefined && size > this.known.size)
      throw new MediaError('remote-failed', `${mxc.origin} sent more than the file's size`)
    if (maxSize !== undefined && size > maxSize)
      throw new MediaError(
        'remote-too-large',
        `The file is larger than this server allows (${maxSize} bytes)`,
      )
  }

  private inWords(error: unknown): MediaError {
    if (error instanceof MediaError) return error
    const { origin } = this.parts.mxc
    if (isNoSpace(error))
      return new MediaError('disk-full', 'The disk is full; the file could not be saved', error)
    return error instanceof Error && 'status' in error && error.status === 404
      ? new MediaError('not-found', `${origin} has no such file`, error)
      : new MediaError('remote-failed', `The file could not be fetched from ${origin}`, error)
  }

  private end(how: { error: unknown } | 'complete'): void {
    this.ended = how
    if (how !== 'complete') this.announce?.reject(how.error)
    this.wake()
  }

  private wake(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const go of waiting) go()
  }
}

/** May the same request succeed a little later? */
function isPassing(error: unknown): boolean {
  if (isNoSpace(error)) return false
  if (error instanceof MediaError) return error.problem === 'interrupted'
  if (error instanceof Error && 'retryable' in error) return error.retryable === true
  return true
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
