import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** Entry of a thread that copies the write-ahead log of a database into it: see `checkpoints.ts`. */
const db = new DatabaseSync(String(workerData))
db.exec('PRAGMA synchronous = FULL; PRAGMA busy_timeout = 0; PRAGMA journal_size_limit = 67108864')
const copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')

parentPort?.on('message', (wish: 'copy' | 'end') => {
  copy.get()
  if (wish === 'copy') {
    parentPort?.postMessage('copied')
    return
  }
  db.close()
  parentPort?.close()
})
