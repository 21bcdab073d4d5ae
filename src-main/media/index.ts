import type { ServerName, UserId } from '../core/types.ts'
import type { Clock, Random } from '../trace/clock.ts'
import { MediaFiles } from './files.ts'
import { formatMxc, mxcOf, parseMxc } from './mxc.ts'
import { MediaError } from './ports.ts'
import type {
  ByteRange,
  Media,
  MediaRecord,
  MediaRecords,
  Mxc,
  OpenMedia,
  RemoteMedia,
  UploadDetails,
} from './ports.ts'

export { formatMxc, mxcOf, parseMxc } from './mxc.ts'
export { MediaError } from './ports.ts'
export type * from './ports.ts'

export interface MediaOptions {
  /** Folder of the files; made when needed. */
  readonly dir: string
  readonly records: MediaRecords
  readonly serverName: ServerName
  readonly clock: Clock
  readonly random: Random
  /** Bytes, for uploads and for what is fetched from other servers; undefined is unlimited. */
  readonly maxUploadSize?: number | undefined
  /** Undefined serves our own media only. */
  readonly remote?: RemoteMedia | undefined
}

const pendingLifetimeMs = 24 * 60 * 60_000
const pendingPerUser = 50
const defaultWaitMs = 20_000
const longestWaitMs = 60_000
/** Different files of other servers that are being fetched at once. */
const maxFetches = 16

/** The content repository (client-server, "Content repository"). */
export function createMedia(options: MediaOptions): Media {
  const { records, clock, random, serverName, maxUploadSize } = options
  const files = new MediaFiles(options.dir, clock)
  const fetches = new Map<string, Promise<MediaRecord>>()
  const waiting = new Map<string, Set<() => void>>()

  async function save(mxc: Mxc, stream: AsyncIterable<Uint8Array>, details: UploadDetails): Promise<void> {
    const written = await files.write(stream, maxUploadSize, () => tooLarge('too-large', maxUploadSize))
    records.put({
      ...mxc,
      ...written,
      contentType: cleanContentType(details.contentType),
      filename: cleanFilename(details.filename),
      userId: details.userId,
      createdTs: clock.now(),
      expiresTs: undefined,
    })
    for (const wake of waiting.get(formatMxc(mxc)) ?? []) wake()
  }

  /** Several requests for one file share one fetch. */
  function fetchRemote(mxc: Mxc, remote: RemoteMedia): Promise<MediaRecord> {
    const uri = formatMxc(mxc)
    const running = fetches.get(uri)
    if (running !== undefined) return running
    if (fetches.size >= maxFetches) {
      return Promise.reject(
        new MediaError('remote-failed', 'Too many files are being fetched; try again soon'),
      )
    }
    const fetching = download(mxc, remote).finally(() => fetches.delete(uri))
    fetches.set(uri, fetching)
    return fetching
  }

  async function download(mxc: Mxc, remote: RemoteMedia): Promise<MediaRecord> {
    try {
      const found = await remote.download(mxc.origin, mxc.mediaId)
      const written = await files.write(found.stream, maxUploadSize, () =>
        tooLarge('remote-too-large', maxUploadSize),
      )
      const record: MediaRecord = {
        ...mxc,
        ...written,
        contentType: cleanContentType(found.contentType),
        filename: cleanFilename(found.filename),
        userId: undefined,
        createdTs: clock.now(),
        expiresTs: undefined,
      }
      records.put(record)
      return record
    } catch (error) {
      if (error instanceof MediaError) throw error
      throw error instanceof Error && 'status' in error && error.status === 404
        ? new MediaError('not-found', `${mxc.origin} has no such file`, error)
        : new MediaError('remote-failed', `The file could not be fetched from ${mxc.origin}`, error)
    }
  }

  async function complete(mxc: Mxc, timeoutMs: number, signal?: AbortSignal): Promise<MediaRecord> {
    const record = records.get(mxc)
    if (record === undefined) throw new MediaError('not-found', 'There is no such file')
    if (record.sha256 !== undefined) return record
    await uploaded(formatMxc(mxc), timeoutMs, signal)
    const now = records.get(mxc)
    if (now?.sha256 === undefined)
      throw new MediaError('not-yet-uploaded', 'The file has not been uploaded yet')
    return now
  }

  function uploaded(uri: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const waiters = waiting.get(uri) ?? new Set<() => void>()
    waiting.set(uri, waiters)
    return new Promise((resolve) => {
      const cancel = clock.setTimeout(done, Math.min(timeoutMs, longestWaitMs))
      function done(): void {
        cancel()
        signal?.removeEventListener('abort', done)
        waiters.delete(done)
        if (waiters.size === 0 && waiting.get(uri) === waiters) waiting.delete(uri)
        resolve()
      }
      waiters.add(done)
      signal?.addEventListener('abort', done, { once: true })
    })
  }

  return {
    maxUploadSize,

    async upload(stream, details) {
      const mxc = { origin: serverName, mediaId: random.token(24) }
      await save(mxc, stream, details)
      return formatMxc(mxc)
    },

    create(userId: UserId) {
      const now = clock.now()
      records.deleteExpired(now)
      if (records.pendingCount(userId, now) >= pendingPerUser) {
        throw new MediaError('too-many-pending', 'Too many uploads were announced and have not come')
      }
      const mxc = { origin: serverName, mediaId: random.token(24) }
      const expiresTs = now + pendingLifetimeMs
      records.put({
        ...mxc,
        sha256: undefined,
        size: 0,
        contentType: undefined,
        filename: undefined,
        userId,
        createdTs: now,
        expiresTs,
      })
      return { uri: formatMxc(mxc), expiresTs }
    },

    async uploadTo(mxc, stream, details) {
      const check = (): void => {
        const record = records.get(mxc)
        if (
          record === undefined ||
          mxc.origin !== serverName ||
          (record.expiresTs ?? Infinity) <= clock.now()
        ) {
          throw new MediaError('not-found', 'No upload was announced under this id, or it came too late')
        }
        if (record.userId !== details.userId)
          throw new MediaError('forbidden', 'Another user announced this upload')
        if (record.sha256 !== undefined)
          throw new MediaError('already-uploaded', 'The file was uploaded already')
      }
      check()
      // Two uploads at once for one id: the second to arrive finds it taken.
      const claimed = {
        async *[Symbol.asyncIterator]() {
          yield* stream
          check()
        },
      }
      await save(mxc, claimed, details)
    },

    async open(target, { range, allowRemote = true, timeoutMs = defaultWaitMs, signal } = {}) {
      const mxc = typeof target === 'string' ? parseMxc(target) : target
      if (mxc === undefined) throw new MediaError('bad-uri', 'This is no mxc:// URI')
      let record = mxc.origin === serverName ? await complete(mxc, timeoutMs, signal) : records.get(mxc)
      let size = record?.sha256 === undefined ? undefined : await files.sizeOf(record.sha256)
      if (size === undefined && mxc.origin !== serverName) {
        if (!allowRemote || options.remote === undefined) {
          throw new MediaError('not-found', 'This file is not kept here')
        }
        record = await fetchRemote(mxc, options.remote)
        size = record.size
      }
      if (record?.sha256 === undefined || size === undefined) {
        throw new MediaError('not-found', 'The file is not on this disk any more')
      }
      return openAt(files, record, record.sha256, size, range)
    },
  }
}

function openAt(
  files: MediaFiles,
  record: MediaRecord,
  sha256: string,
  size: number,
  wanted: ByteRange | undefined,
): OpenMedia {
  let range: { start: number; end: number } | undefined
  if (wanted !== undefined) {
    const start = wanted.start < 0 ? Math.max(0, size + wanted.start) : wanted.start
    const end = Math.min(wanted.end ?? size - 1, size - 1)
    if (start > end) throw new MediaError('bad-range', `The file has ${size} bytes`)
    range = { start, end }
  }
  return {
    sha256,
    size,
    contentType: record.contentType ?? 'application/octet-stream',
    filename: record.filename,
    range,
    stream: files.read(sha256, range?.start ?? 0, range?.end ?? size - 1),
  }
}

function tooLarge(problem: 'too-large' | 'remote-too-large', limit: number | undefined): MediaError {
  return new MediaError(problem, `The file is larger than this server allows (${limit ?? 0} bytes)`)
}

/** Only what can be a media type goes back into a header. */
function cleanContentType(value: string | undefined): string | undefined {
  const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+"
  const quoted = '"[ !#-\\[\\]-~]*"'
  const pattern = new RegExp(`^${token}/${token}(\\s*;\\s*${token}=(${token}|${quoted}))*$`)
  const text = value?.trim()
  return text !== undefined && text.length <= 255 && pattern.test(text) ? text : undefined
}

function cleanFilename(value: string | undefined): string | undefined {
  const text = value
    ?.toWellFormed()
    .replace(/\p{Cc}/gu, '')
    .slice(0, 255)
  return text === undefined || text === '' ? undefined : text
}

/** Our own media as `federation/in` serves it to other servers; never what we fetched from others. */
export function mediaForServers(media: Media, serverName: ServerName) {
  return {
    /** Undefined where there is none of this id. */
    async open(mediaId: string): Promise<ServedMedia | undefined> {
      const mxc = mxcOf(serverName, mediaId)
      if (mxc === undefined) return undefined
      try {
        const { stream, contentType, filename } = await media.open(mxc, { allowRemote: false })
        // Node's streams can be iterated; the DOM's type does not say so.
        return { stream: stream as unknown as AsyncIterable<Uint8Array>, contentType, filename }
      } catch (error) {
        if (error instanceof MediaError) return undefined
        throw error
      }
    },
  }
}

interface ServedMedia {
  readonly stream: AsyncIterable<Uint8Array>
  readonly contentType: string
  readonly filename: string | undefined
}
