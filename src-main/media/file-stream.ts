import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Writable } from 'node:stream'

export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>

/** Large enough that the work per chunk is nothing beside the work per byte. */
const chunkBytes = 512 * 1024

/** Very many who read slowly must not hold very much memory. */
const slowChunkBytes = 64 * 1024
const maxFast = 32
let fast = 0

/** A file that may still be growing. */
export interface Source {
  open(): Promise<FileHandle>
  /** How many bytes can be read, once that is more than `position`; rejects when no more will come. */
  readable(position: number): number | Promise<number>
  /** The stream ended or was cancelled, for sources that count their readers. Called once, after `open`. */
  closed?(): void
}

/**
 * Bytes `start` to `end`, both included; `end` undefined reads until `readable` says no more than it did
 * before. The file is opened when the stream is first read.
 */
export function streamOf(source: Source, start: number, end: number | undefined): ByteStream {
  let file: FileHandle | undefined
  let position = start
  const close = async (): Promise<void> => {
    const closing = file
    if (closing === undefined) return
    file = undefined
    source.closed?.()
    await closing.close()
  }
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          if (end === undefined || position <= end) {
            file ??= await source.open()
            const readable = await source.readable(position)
            const length = Math.min(chunkBytes, readable - position, (end ?? Infinity) - position + 1)
            if (length > 0) {
              const buffer = Buffer.allocUnsafeSlow(length)
              const { bytesRead } = await file.read(buffer, 0, length, position)
              if (bytesRead === 0) throw new Error('the file ended early')
              position += bytesRead
              controller.enqueue(bytesRead === length ? buffer : buffer.subarray(0, bytesRead))
            } else {
              end = position - 1
            }
          }
          if (end !== undefined && position > end) {
            await close()
            controller.close()
          }
        } catch (error) {
          await close()
          throw error
        }
      },
      cancel: close,
    },
    // Nothing is read ahead of need: the answer to HEAD has a stream that nobody reads.
    { highWaterMark: 0 },
  )
}

/**
 * The same bytes, written to a socket from two buffers in turn: fresh memory for each chunk would keep the
 * collector busier than all the rest. Rejects when the other side is gone.
 */
export async function sendTo(
  to: Writable,
  source: Source,
  start: number,
  end: number | undefined,
): Promise<void> {
  if (end !== undefined && start > end) return
  const file = await source.open()
  const out = new Out(to)
  const size = fast < maxFast ? chunkBytes : slowChunkBytes
  fast += 1
  try {
    const lanes = [0, 1].map(() => ({ buffer: Buffer.allocUnsafeSlow(size), sent: Promise.resolve() }))
    for (let position = start, turn = 0; end === undefined || position <= end; turn ^= 1) {
      const lane = lanes[turn]
      const readable = await source.readable(position)
      const length = Math.min(size, readable - position, (end ?? Infinity) - position + 1)
      if (lane === undefined || length <= 0) break
      await lane.sent
      const { bytesRead } = await file.read(lane.buffer, 0, length, position)
      if (bytesRead === 0) throw new Error('the file ended early')
      position += bytesRead
      lane.sent = out.write(lane.buffer.subarray(0, bytesRead))
      // Awaited when its turn comes; that it failed is heard then.
      lane.sent.catch(() => undefined)
    }
    await Promise.all(lanes.map((lane) => lane.sent))
  } finally {
    fast -= 1
    out.release()
    source.closed?.()
    await file.close()
  }
}

/** A writable whose writes resolve when the bytes have left, and reject when it closes before. */
class Out {
  private readonly to: Writable
  private readonly pending = new Set<(error: Error) => void>()
  private readonly onClose = (): void => {
    for (const reject of this.pending) reject(new Error('the other side is gone'))
    this.pending.clear()
  }

  constructor(to: Writable) {
    this.to = to
    to.on('close', this.onClose)
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.to.destroyed) return reject(new Error('the other side is gone'))
      this.pending.add(reject)
      this.to.write(bytes, (error) => {
        this.pending.delete(reject)
        if (error) reject(error)
        else resolve()
      })
    })
  }

  release(): void {
    this.to.off('close', this.onClose)
  }
}

/** A file that is complete. */
export function fileSource(path: string, size: number): Source {
  return { open: () => open(path, 'r'), readable: () => size }
}

/** Both ways to read them. */
export function bytesOf(source: Source, start: number, end: number | undefined) {
  return {
    stream: streamOf(source, start, end),
    send: (to: Writable): Promise<void> => sendTo(to, source, start, end),
  }
}
