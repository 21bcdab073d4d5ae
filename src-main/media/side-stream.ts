import type { Writable } from 'node:stream'
import type { Clock } from '../trace/clock.ts'
import type { ByteStream } from './file-stream.ts'
import { idleTimeoutMs, patiently } from './patiently.ts'
import type { Mxc, OpenMedia, RemoteMedia } from './ports.ts'
import type { RemoteFetch } from './remote-fetch.ts'

/** Further ahead than this, waiting would be longer than asking. */
const farBytes = 4 * 1024 * 1024
const maxStreams = 8

/**
 * Parts of files that are still coming, from further ahead than the fetch has reached: who seeks in a film
 * need not wait for everything before. They go through and are not kept; the fetch brings them again.
 */
export class SideStreams {
  private readonly remote: RemoteMedia
  private readonly clock: Clock
  private open = 0

  constructor(remote: RemoteMedia, clock: Clock) {
    this.remote = remote
    this.clock = clock
  }

  /** Undefined where it is not far, or the other server cannot send a part. */
  async from(
    mxc: Mxc,
    fetch: RemoteFetch,
    { start, end }: { start: number; end: number },
    sha256: string,
  ): Promise<Pick<OpenMedia, 'stream' | 'send'> | undefined> {
    if (start < fetch.available + farBytes || this.open >= maxStreams) return undefined
    const abort = new AbortController()
    this.open += 1
    const leave = fetch.enter()
    const close = (): void => {
      if (abort.signal.aborted) return
      abort.abort(new Error('the part is not needed any more'))
      this.open -= 1
      leave()
    }
    try {
      const { signal } = abort
      const answer = await this.remote.download(mxc.origin, mxc.mediaId, { start, end, sha256, signal })
      if (answer.start !== start || answer.sha256 !== sha256) {
        answer.close?.()
        close()
        return undefined
      }
      const chunks = patiently(answer.stream, this.clock, idleTimeoutMs)
      // Whoever asked may never read it: the answer to HEAD has a stream that nobody reads.
      const cancelUnread = this.clock.setTimeout(() => {
        answer.close?.()
        close()
      }, idleTimeoutMs)
      return passOn(chunks, end - start + 1, cancelUnread, () => {
        answer.close?.()
        close()
      })
    } catch {
      // The fetch has its own connection, and its own attempts.
      close()
      return undefined
    }
  }
}

function passOn(
  chunks: AsyncGenerator<Uint8Array, void>,
  bytes: number,
  begun: () => void,
  close: () => void,
): Pick<OpenMedia, 'stream' | 'send'> {
  let left = bytes
  const next = async (): Promise<Buffer<ArrayBuffer> | undefined> => {
    begun()
    const { done, value } = await chunks.next()
    if (done === true || left === 0) {
      if (left > 0) throw new Error('the part was cut short')
      return undefined
    }
    const chunk = Buffer.from(value.subarray(0, left))
    left -= chunk.length
    return chunk
  }
  const stream: ByteStream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const chunk = await next()
          if (chunk !== undefined) return controller.enqueue(chunk)
          close()
          controller.close()
        } catch (error) {
          close()
          throw error
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  )
  const send = async (to: Writable): Promise<void> => {
    try {
      for (let chunk = await next(); chunk !== undefined; chunk = await next()) await written(to, chunk)
    } finally {
      close()
    }
  }
  return { stream, send }
}

function written(to: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (to.destroyed) return reject(new Error('the other side is gone'))
    const gone = (): void => reject(new Error('the other side is gone'))
    to.once('close', gone)
    to.write(chunk, (error) => {
      to.off('close', gone)
      if (error) reject(error)
      else resolve()
    })
  })
}
