import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../trace/clock.ts'
import { MediaError } from './ports.ts'

const chunkBytes = 64 * 1024
/** A sender that is silent for so long is not coming back. */
const idleTimeoutMs = 60_000

/**
 * Content-addressed files: `<dir>/<2 hex>/<sha256>`, so that the same file is kept once however often it is
 * sent. A file appears under its name complete and synced, or not at all.
 */
export class MediaFiles {
  private readonly dir: string
  private readonly clock: Clock
  private cleaned: Promise<void> | undefined

  constructor(dir: string, clock: Clock) {
    this.dir = dir
    this.clock = clock
  }

  /** Streams to disk. Rejects with `tooLarge` beyond `limit` bytes, and then leaves nothing behind. */
  async write(
    source: AsyncIterable<Uint8Array>,
    limit: number | undefined,
    tooLarge: () => MediaError,
  ): Promise<{ sha256: string; size: number }> {
    this.cleaned ??= this.removeLeftovers()
    await this.cleaned
    const temporary = join(this.dir, 'incoming', randomUUID())
    const file = await open(temporary, 'wx', 0o600)
    try {
      const written = await this.copy(source, file, limit, tooLarge)
      await file.sync()
      await file.close()
      await this.place(temporary, written.sha256)
      return written
    } catch (error) {
      await file.close().catch(() => undefined)
      await rm(temporary, { force: true })
      throw isNoSpace(error)
        ? new MediaError('disk-full', 'The disk is full; the file could not be saved', error)
        : error
    }
  }

  /** Undefined if the file is not there (any more). */
  async sizeOf(sha256: string): Promise<number | undefined> {
    return stat(this.pathOf(sha256)).then(
      ({ size }) => size,
      () => undefined,
    )
  }

  /** Bytes `start` to `end`, both included. The file is opened when the stream is first read. */
  read(sha256: string, start: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const path = this.pathOf(sha256)
    let file: FileHandle | undefined
    let position = start
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        async pull(controller) {
          if (position <= end) {
            file ??= await open(path, 'r')
            const buffer = new Uint8Array(Math.min(chunkBytes, end - position + 1))
            const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
            if (bytesRead === 0) throw new Error('the file ended early')
            position += bytesRead
            controller.enqueue(buffer.subarray(0, bytesRead))
          }
          if (position > end) {
            await file?.close()
            file = undefined
            controller.close()
          }
        },
        async cancel() {
          await file?.close()
          file = undefined
        },
      },
      // Nothing is read ahead of need: the answer to HEAD has a stream that nobody reads.
      { highWaterMark: 0 },
    )
  }

  private async copy(
    source: AsyncIterable<Uint8Array>,
    file: FileHandle,
    limit: number | undefined,
    tooLarge: () => MediaError,
  ): Promise<{ sha256: string; size: number }> {
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of this.impatient(source)) {
      size += chunk.byteLength
      if (limit !== undefined && size > limit) throw tooLarge()
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    return { sha256: hash.digest('hex'), size }
  }

  /** Passes chunks on, and gives up when none comes for a while. */
  private async *impatient(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = source[Symbol.asyncIterator]()
    let finished = false
    try {
      for (;;) {
        let cancel: (() => void) | undefined
        const timeout = new Promise<never>((_resolve, reject) => {
          cancel = this.clock.setTimeout(
            () => reject(new MediaError('interrupted', 'The sender stopped in the middle of the file')),
            idleTimeoutMs,
          )
        })
        const result = await Promise.race([iterator.next(), timeout]).finally(() => cancel?.())
        if (result.done === true) {
          finished = true
          return
        }
        yield result.value
      }
    } finally {
      // Not awaited: a source that hangs would hang this too.
      if (!finished) iterator.return?.().catch(() => undefined)
    }
  }

  private async place(temporary: string, sha256: string): Promise<void> {
    const path = this.pathOf(sha256)
    await mkdir(dirname(path), { recursive: true })
    await rename(temporary, path)
    await syncDirectory(dirname(path))
    await syncDirectory(this.dir)
  }

  /** What a crash in the middle of an upload left. */
  private async removeLeftovers(): Promise<void> {
    const incoming = join(this.dir, 'incoming')
    await mkdir(incoming, { recursive: true })
    for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true })
  }

  private pathOf(sha256: string): string {
    return join(this.dir, sha256.slice(0, 2), sha256)
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a folder, and needs no such thing.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function isNoSpace(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT'
}
