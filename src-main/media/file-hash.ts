import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { workerEntry } from '../trace/worker-entry.ts'

/** The hash of a file that is being written from its beginning. */
export interface FileHash {
  /** For who hashes what passes; undefined for who reads the file. */
  readonly update?: (chunk: Uint8Array) => void
  /** So much of it is in the file. */
  written(bytes: number): void
  /** SHA-256 in hex, when all of it is in the file. */
  digest(bytes: number): Promise<string>
  stop(): void
}

/** Where less is to come, starting a thread takes longer than hashing here, in small pieces. */
export const largeBytes = 64 * 1024 * 1024

const maxThreads = 4
let threads = 0

/** Hashes on the way. `hash` has seen what is in the file already. */
export function hashInline(hash: Hash = createHash('sha256')): FileHash {
  return {
    update: (chunk) => void hash.update(chunk),
    written: () => undefined,
    digest: () => Promise.resolve(hash.digest('hex')),
    stop: () => undefined,
  }
}

/**
 * Reads and hashes in a thread of its own, from the page cache: hashing is the largest part of the work of
 * receiving a large file, and everybody else waits for the event loop meanwhile. Undefined when there are
 * threads enough.
 */
export function hashInThread(path: string): FileHash | undefined {
  if (threads >= maxThreads) return undefined
  threads += 1
  const worker = new Worker(workerEntry('hash-worker'), { workerData: path })
  worker.unref()
  const answer = new Promise<string>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => {
      threads -= 1
      reject(new Error('the thread ended'))
    })
  })
  // Whoever asks for the hash hears of it.
  answer.catch(() => undefined)
  return {
    written: (bytes) => worker.postMessage({ upTo: bytes, end: false }),
    async digest(bytes) {
      worker.postMessage({ upTo: bytes, end: true })
      return await answer.catch(() => hashOf(path, bytes))
    },
    stop: () => void worker.terminate(),
  }
}

/** Hashes the first `bytes` of a file. */
export async function startHash(path: string, bytes: number): Promise<Hash> {
  const hash = createHash('sha256')
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, bytes - at), at)
      if (bytesRead === 0) throw new Error('the file ended early')
      hash.update(buffer.subarray(0, bytesRead))
      at += bytesRead
    }
  } finally {
    await file.close()
  }
  return hash
}

const hashOf = async (path: string, bytes: number): Promise<string> =>
  (await startHash(path, bytes)).digest('hex')
