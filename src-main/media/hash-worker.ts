import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/** Entry of a thread that hashes a file as it grows: told how far it is, it answers the end with the hash. */
const file = openSync(String(workerData), 'r')
const hash = createHash('sha256')
const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
let position = 0

parentPort?.on('message', ({ upTo, end }: { upTo: number; end: boolean }) => {
  while (position < upTo) {
    const length = readSync(file, buffer, 0, Math.min(buffer.length, upTo - position), position)
    if (length === 0) throw new Error('the file ended early')
    hash.update(buffer.subarray(0, length))
    position += length
  }
  if (!end) return
  closeSync(file)
  parentPort?.postMessage(hash.digest('hex'))
  parentPort?.close()
})
