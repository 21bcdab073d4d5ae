import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>

/** Large enough that the work per chunk is nothing beside the work per byte. */
const chunkBytes = 256 * 1024

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

/** A file that is complete. */
export function fileSource(path: string, size: number): Source {
  return { open: () => open(path, 'r'), readable: () => size }
}
