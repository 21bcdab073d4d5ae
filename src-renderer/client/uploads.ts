import { fileContent, type FileInfo } from './file-content.ts'
import type { Outbox } from './outbox.ts'
import { derived, type Derived } from './readable.ts'
import type { OutgoingFile, Readable, SendTarget, Upload } from './types.ts'
import type { KeptUpload, UploadStore } from './upload-store.ts'
import type { UploadTransport } from './upload-transport.ts'

/** Browsers hold few connections to one server open; the sync and pictures need theirs. */
const AT_ONCE = 2
const PAUSE_MS = 3_000
const NONE: readonly Upload[] = []

interface UploadsDeps {
  readonly outbox: Outbox
  readonly newId: () => string
  readonly store: UploadStore
  readonly transport: UploadTransport
  readonly readInfo: (file: File) => Promise<FileInfo>
  /** Bytes that the node takes at most; undefined where that is not known. */
  readonly limit: () => Promise<number | undefined>
  /** `m.relates_to` of a message that goes there. */
  readonly relates: (roomId: string, target: SendTarget | undefined) => Record<string, unknown>
}

interface Job {
  readonly kept: KeptUpload
  state: Upload['state']
  sentBytes: number
  error: string | undefined
  readonly abort: AbortController
}

/**
 * Files on their way to the own node. The message of each has its place in the outbox from the beginning, and
 * waits there until the file is uploaded.
 */
export function createUploads(deps: UploadsDeps) {
  const { outbox, store } = deps
  const jobs = new Map<string, Job>()
  const lists = new Map<string, Derived<readonly Upload[]>>()
  let running = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  const complain = (what: string) => (error: unknown) => console.warn(what, error)

  function toUpload({ kept, state, sentBytes, error }: Job): Upload {
    const { id, roomId, threadId, file } = kept
    return {
      id,
      roomId,
      threadId,
      name: file.name,
      type: file.type,
      size: file.size,
      sentBytes,
      state,
      error,
    }
  }

  function change(job: Job, patch: Partial<Pick<Job, 'state' | 'sentBytes' | 'error'>>): void {
    Object.assign(job, patch)
    lists.get(job.kept.roomId)?.invalidate()
  }

  function forget(job: Job): void {
    jobs.delete(job.kept.id)
    lists.get(job.kept.roomId)?.invalidate()
    store.remove(job.kept.id).catch(complain('A file that was sent is still kept'))
  }

  function add(kept: KeptUpload): void {
    const abort = new AbortController()
    jobs.set(kept.id, { kept, state: 'waiting', sentBytes: 0, error: undefined, abort })
    lists.get(kept.roomId)?.invalidate()
  }

  /** Starts what waits, a few at once. */
  function next(): void {
    for (const job of jobs.values()) {
      if (stopped || running >= AT_ONCE) return
      if (job.state !== 'waiting') continue
      running++
      change(job, { state: 'sending', sentBytes: 0 })
      run(job)
        .catch((error: unknown) =>
          fail(job, error instanceof Error ? error.message : 'Something went wrong.'),
        )
        .finally(() => {
          running--
          next()
        })
    }
  }

  function fail(job: Job, error: string): void {
    if (job.abort.signal.aborted) return
    change(job, { state: 'failed', error })
    outbox.park(job.kept.id, error)
  }

  async function run(job: Job): Promise<void> {
    const { file } = job.kept
    const { signal } = job.abort
    // A file that was moved or deleted meanwhile cannot be read any more.
    const readable = await file
      .slice(0, 1)
      .arrayBuffer()
      .then(
        () => true,
        () => false,
      )
    if (!readable) {
      fail(job, 'The file is not there any more.')
      return
    }
    // A node that refuses in the middle breaks the connection off, which looks like no node.
    const limit = await deps.limit()
    if (limit !== undefined && file.size > limit) {
      fail(job, 'This file is larger than this Hearth takes.')
      return
    }
    const info = await deps.readInfo(file)
    const answer = await deps.transport(file, file.name, signal, (sentBytes) =>
      change(job, { sentBytes: Math.min(sentBytes, file.size) }),
    )
    if (signal.aborted || stopped) return
    if (answer.kind === 'refused') {
      fail(job, answer.error)
      return
    }
    if (answer.kind === 'unreachable') {
      change(job, { state: 'waiting', sentBytes: 0 })
      await later()
      return
    }
    const { thumbnail } = info
    const small =
      thumbnail === undefined
        ? undefined
        : await deps.transport(thumbnail.blob, undefined, signal, () => undefined)
    if (signal.aborted || stopped) return
    const thumbnailUrl = small?.kind === 'done' ? small.mxc : undefined
    const place = outbox.find(job.kept.id)
    outbox.release(job.kept.id, {
      ...place?.content,
      ...fileContent(job.kept, info, answer.mxc, thumbnailUrl),
    })
    forget(job)
  }

  /** The end of the pause, or of `wake`. */
  let endPause: (() => void) | undefined
  function later(): Promise<void> {
    return new Promise((resolve) => {
      const before = endPause
      clearTimeout(timer)
      endPause = () => {
        before?.()
        resolve()
      }
      timer = setTimeout(wake, PAUSE_MS)
    })
  }

  function wake(): void {
    clearTimeout(timer)
    endPause?.()
    endPause = undefined
    next()
  }

  return {
    /** Takes up the files of before a reload; those whose message is gone are forgotten. */
    async restoreUploads(): Promise<void> {
      for (const kept of await store.all()) {
        if (jobs.has(kept.id)) continue
        const place = outbox.find(kept.id)
        if (place?.held === true) {
          add(kept)
          outbox.retry(kept.id)
        } else await store.remove(kept.id)
      }
      outbox.forgetHeld((txnId) => jobs.has(txnId))
      // How large they are is known only now: messages behind them may not have to wait.
      outbox.wake()
      next()
    },
    wake,
    stop(): void {
      stopped = true
      clearTimeout(timer)
      endPause?.()
      for (const job of jobs.values()) job.abort.abort()
    },

    /** Stages each file as one message; kept over a reload, sent in order with the other messages of the room. */
    sendFiles: (roomId: string, files: readonly OutgoingFile[], target?: SendTarget): void => {
      files.forEach((file, index) => {
        const kept: KeptUpload = { ...file, id: deps.newId(), roomId, threadId: target?.threadId }
        // Of several, the first is the answer.
        const goal = index === 0 ? target : { threadId: target?.threadId }
        add(kept)
        outbox.add(roomId, deps.relates(roomId, goal), {
          txnId: kept.id,
          held: true,
          threadId: target?.threadId,
        })
        store.put(kept).catch(complain('A file would be lost by a reload'))
      })
      next()
    },
    bytesLeft: (id: string): number => {
      const job = jobs.get(id)
      return job === undefined ? 0 : job.kept.file.size - job.sentBytes
    },
    uploads: (roomId: string): Readable<readonly Upload[]> => {
      let list = lists.get(roomId)
      if (list === undefined) {
        list = derived(() => {
          const found = [...jobs.values()].filter((job) => job.kept.roomId === roomId)
          return found.length === 0 ? NONE : found.map(toUpload)
        })
        lists.set(roomId, list)
      }
      return list
    },
    cancelUpload: (id: string): void => {
      const job = jobs.get(id)
      if (job === undefined) return
      job.abort.abort()
      forget(job)
      outbox.discard(id)
    },
    retryUpload: (id: string): void => {
      const job = jobs.get(id)
      if (job?.state !== 'failed') return
      change(job, { state: 'waiting', error: undefined, sentBytes: 0 })
      outbox.retry(id)
      next()
    },
  }
}
