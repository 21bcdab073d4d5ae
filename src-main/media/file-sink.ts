import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '../trace/clock.ts'
import { hashInline } from './file-hash.ts'
import type { FileHash } from './file-hash.ts'

/** A write costs the same for a kilobyte and for this. */
const batchBytes = 1024 * 1024
/** Beyond this, whoever sends waits for the disk. */
const maxWaitingBytes = 4 * 1024 * 1024
/** What trickles in is there for readers after this time. */
const flushMs = 50
/** Sent to the disk on the way, where all is to be there at the end: the last sync is short then. */
const syncBytes = 32 * 1024 * 1024

/**
 * Appends to a file and hashes on the way. Small chunks are gathered while the disk is busy, so that a fast
 * sender is not slowed by the count of writes, and memory holds no more than a few batches.
 */
export class FileSink {
  /** Bytes taken so far. */
  size: number
  /** Bytes that are in the file. */
  written: number
  private readonly hash: FileHash
  private readonly file: FileHandle
  private readonly clock: Clock
  private readonly onWritten: (() => void) | undefined
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  private running: Promise<void> | undefined
  private readonly syncOnTheWay: boolean
  private syncedFrom: number
  private syncing: Promise<void> | undefined
  private failure: { error: unknown } | undefined
  private cancelFlush: (() => void) | undefined

  /**
   * `at` and `hash` continue a file of that many bytes, which `hash` knows. `syncOnTheWay` for who will sync the
   * file at its end, and lets somebody wait for that.
   */
  constructor(
    file: FileHandle,
    clock: Clock,
    {
      at = 0,
      hash = hashInline(),
      onWritten,
      syncOnTheWay = false,
    }: { at?: number; hash?: FileHash; onWritten?: () => void; syncOnTheWay?: boolean } = {},
  ) {
    this.file = file
    this.clock = clock
    this.size = at
    this.written = at
    this.hash = hash
    this.onWritten = onWritten
    this.syncOnTheWay = syncOnTheWay
    this.syncedFrom = at
  }

  /** The promise, where there is one, is to be awaited before more is pushed. Throws when an earlier write failed. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (this.failure !== undefined) throw this.failure.error
    this.hash.update?.(chunk)
    this.size += chunk.byteLength
    this.waiting.push(chunk)
    this.waitingBytes += chunk.byteLength
    if (this.waitingBytes >= batchBytes) this.write()
    else this.cancelFlush ??= this.clock.setTimeout(() => this.write(), flushMs)
    return this.waitingBytes > maxWaitingBytes ? this.running : undefined
  }

  /** Everything that was pushed is in the file, and nothing is under way any more. */
  async flush(): Promise<void> {
    while (this.waitingBytes > 0 || this.running !== undefined) {
      this.write()
      await this.running
    }
    await this.syncing
    if (this.failure !== undefined) throw this.failure.error
  }

  /** SHA-256 in hex, of everything; after `flush`. */
  digest(): Promise<string> {
    return this.hash.digest(this.size)
  }

  /** Nothing more is wanted of it. */
  stop(): void {
    this.hash.stop()
  }

  private write(): void {
    this.cancelFlush?.()
    this.cancelFlush = undefined
    if (this.running !== undefined || this.waitingBytes === 0) return
    if (this.failure !== undefined) {
      this.waitingBytes = 0
      return
    }
    const batch = this.waiting
    const bytes = this.waitingBytes
    this.waiting = []
    this.waitingBytes = 0
    this.running = writeAll(this.file, batch, bytes, this.written).then(
      () => {
        this.running = undefined
        this.written += bytes
        this.hash.written(this.written)
        if (this.waitingBytes >= batchBytes) this.write()
        this.sync()
        this.onWritten?.()
      },
      (error: unknown) => {
        this.running = undefined
        this.failure = { error }
      },
    )
  }

  private sync(): void {
    if (!this.syncOnTheWay || this.syncing !== undefined || this.written - this.syncedFrom < syncBytes) return
    this.syncedFrom = this.written
    this.syncing = this.file.datasync().then(
      () => {
        this.syncing = undefined
      },
      (error: unknown) => {
        this.syncing = undefined
        // Told once by the system: a later sync may succeed without these bytes.
        this.failure ??= { error }
      },
    )
  }
}

async function writeAll(
  file: FileHandle,
  chunks: Uint8Array[],
  bytes: number,
  position: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(chunks, position)
  if (bytesWritten === bytes) return
  // A signal, or a disk that is nearly full, may cut a write short.
  const rest = Buffer.concat(chunks).subarray(bytesWritten)
  for (let done = 0; done < rest.length;) {
    const more = await file.write(rest, done, rest.length - done, position + bytesWritten + done)
    done += more.bytesWritten
  }
}
