import type { OutgoingFile } from './types.ts'

/** A file that is on its way, as it is kept over a reload. */
export interface KeptUpload extends OutgoingFile {
  /** Transaction id of its message. */
  readonly id: string
  readonly roomId: string
  readonly threadId: string | undefined
}

export interface UploadStore {
  put(upload: KeptUpload): Promise<void>
  remove(id: string): Promise<void>
  all(): Promise<readonly KeptUpload[]>
}

const TABLE = 'uploads'

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('The browser could not keep a file'))
  })
}

/** Keeps files in the browser's own database, each account in one of its own. */
export function createUploadStore(userId: string): UploadStore {
  let opened: Promise<IDBDatabase> | undefined

  function open(): Promise<IDBDatabase> {
    opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(`hearth.uploads.${userId}`, 1)
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: 'id' })
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error('The browser keeps no files'))
    })
    return opened
  }
  const table = async (mode: IDBTransactionMode): Promise<IDBObjectStore> =>
    (await open()).transaction(TABLE, mode).objectStore(TABLE)

  return {
    async put(upload) {
      await result((await table('readwrite')).put(upload))
    },
    async remove(id) {
      await result((await table('readwrite')).delete(id))
    },
    async all() {
      const rows: unknown[] = await result((await table('readonly')).getAll())
      return rows.filter(isKept)
    },
  }
}

/** What another version of the app kept may look different. */
function isKept(row: unknown): row is KeptUpload {
  if (typeof row !== 'object' || row === null) return false
  const { id, roomId, file, caption } = row as Partial<Record<keyof KeptUpload, unknown>>
  return (
    typeof id === 'string' &&
    typeof roomId === 'string' &&
    typeof caption === 'string' &&
    file instanceof File
  )
}
