import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../trace/clock.ts'
import { FileSink } from './file-sink.ts'
import { idleTimeoutMs, patiently } from './patiently.ts'
import { MediaError } from './ports.ts'

/**
 * Content-addressed files: `<dir>/<2 hex>/<sha256>`, so that the same file is kept once however often it is
 * sent. A file appears under its name complete and synced, or not at all.
 */
export class MediaFiles {
  private readonly dir: string
  private readonly clock: Clock
  private cleaned: Promise<void> | undefined
  private readonly lanes = new Map<string, Promise<unknown>>()

  constructor(dir: string, clock: Clock) {
    this.dir = dir
    this.clock = clock
  }

  /**
   * Streams to disk; `record` is called when the file is there to stay. Rejects with `tooLarge` beyond `limit`
   * bytes, and then leaves nothing behind.
   */
  async write(
    source: AsyncIterable<Uint8Array>,
    limit: number | undefined,
    tooLarge: () => MediaError,
    record: (written: { sha256: string; size: number }) => void,
  ): Promise<void> {
    this.cleaned ??= this.removeLeftovers()
    await this.cleaned
    const temporary = join(this.dir, 'incoming', randomUUID())
    const file = await open(temporary, 'wx', 0o600)
    const sink = new FileSink(file, this.clock, { syncOnTheWay: true })
    try {
      for await (const chunk of patiently(source, this.clock, idleTimeoutMs)) {
        const full = sink.push(chunk)
        if (limit !== undefined && sink.size > limit) throw tooLarge()
        if (full !== undefined) await full
      }
      await sink.flush()
      await file.sync()
      await file.close()
      const sha256 = await sink.digest()
      await this.place(temporary, sha256, () => record({ sha256, size: sink.size }))
    } catch (error) {
      await sink.flush().catch(() => undefined)
      await file.close().catch(() => undefined)
      await rm(temporary, { force: true })
      throw isNoSpace(error)
        ? new MediaError('disk-full', 'The disk is full; the file could not be saved', error)
        : error
    }
  }

  /**
   * Gives a complete and synced file of this file system its name, and calls `record` before anybody can find
   * that the file is of no use. Resolves to its path.
   */
  place(temporary: string, sha256: string, record: () => void): Promise<string> {
    return this.alone(sha256, async () => {
      const path = this.pathOf(sha256)
      await mkdir(dirname(path), { recursive: true })
      await rename(temporary, path)
      await syncDirectory(dirname(path))
      await syncDirectory(this.dir)
      record()
      return path
    })
  }

  /** Removes the file unless it is used; who reads it already still reads it to its end. */
  remove(sha256: string, isUsed: (sha256: string) => boolean): Promise<void> {
    return this.alone(sha256, async () => {
      if (!isUsed(sha256)) await rm(this.pathOf(sha256), { force: true })
    })
  }

  /** Undefined if the file is not there (any more). */
  async sizeOf(sha256: string): Promise<number | undefined> {
    return stat(this.pathOf(sha256)).then(
      ({ size }) => size,
      () => undefined,
    )
  }

  pathOf(sha256: string): string {
    return join(this.dir, sha256.slice(0, 2), sha256)
  }

  /** Bytes that can still be written here. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.dir)
    return bavail * bsize
  }

  /** One after the other for one file: its removal must not meet its coming again. */
  private async alone<T>(sha256: string, work: () => Promise<T>): Promise<T> {
    const before = this.lanes.get(sha256)
    const running = (async () => {
      await before?.catch(() => undefined)
      return await work()
    })()
    this.lanes.set(sha256, running)
    try {
      return await running
    } finally {
      if (this.lanes.get(sha256) === running) this.lanes.delete(sha256)
    }
  }

  /** What a crash in the middle of an upload left. */
  private async removeLeftovers(): Promise<void> {
    const incoming = join(this.dir, 'incoming')
    await mkdir(incoming, { recursive: true })
    for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true })
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

export function isNoSpace(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT'
}
