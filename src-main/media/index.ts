import type { ServerName } from '../core/types.ts'
import type { Clock, Random } from '../trace/clock.ts'
import { AnnouncedUploads } from './announced.ts'
import { cleanContentType, cleanFilename } from './clean.ts'
import { MediaFiles } from './files.ts'
import { bytesOf, fileSource } from './file-stream.ts'
import { formatMxc, parseMxc } from './mxc.ts'
import { MediaError } from './ports.ts'
import type {
  ByteRange,
  Media,
  MediaRecord,
  MediaRecords,
  MediaReferences,
  Mxc,
  OpenMedia,
  OpenOptions,
  RemoteMedia,
  UploadDetails,
} from './ports.ts'
import { RemoteCache } from './remote-cache.ts'
import type { Fetching } from './remote-cache.ts'
import { SideStreams } from './side-stream.ts'
import { Thumbnails } from './thumbnails/index.ts'

export { mediaForServers } from './for-servers.ts'
export { formatMxc, mxcOf, parseMxc } from './mxc.ts'
export { MediaError } from './ports.ts'
export type * from './ports.ts'

export interface MediaOptions {
  /** Folder of the files; made when needed. */
  readonly dir: string
  readonly records: MediaRecords
  /** Undefined where no events are kept: nothing goes with them then. */
  readonly references?: MediaReferences | undefined
  readonly serverName: ServerName
  readonly clock: Clock
  readonly random: Random
  /** Bytes, for uploads and for what is fetched from other servers; undefined is unlimited. */
  readonly maxUploadSize?: number | undefined
  /** Bytes of other servers' files that are kept; undefined is unlimited. */
  readonly maxRemoteCache?: number | undefined
  /** Resolves when all that was written before is on the disk; undefined where writing waits for it. */
  readonly durable?: (() => Promise<void> | undefined) | undefined
  /** Undefined serves our own media only. */
  readonly remote?: RemoteMedia | undefined
}

const defaultWaitMs = 20_000

/** The content repository (client-server, "Content repository"). */
export function createMedia(options: MediaOptions): Media {
  const { records, references, clock, random, serverName, maxUploadSize, durable } = options
  const files = new MediaFiles(options.dir, clock)
  const thumbnails = new Thumbnails({ dir: options.dir, files, clock })
  const remote =
    options.remote === undefined
      ? undefined
      : new RemoteCache({
          dir: options.dir,
          files,
          records,
          clock,
          remote: options.remote,
          maxSize: maxUploadSize,
          maxCache: options.maxRemoteCache,
        })
  const sides = options.remote === undefined ? undefined : new SideStreams(options.remote, clock)
  const announced = new AnnouncedUploads({ records, clock, random, serverName })

  async function save(mxc: Mxc, stream: AsyncIterable<Uint8Array>, details: UploadDetails): Promise<void> {
    const tooLarge = (): MediaError =>
      new MediaError('too-large', `The file is larger than this server allows (${maxUploadSize ?? 0} bytes)`)
    await files.write(stream, maxUploadSize, tooLarge, (written) =>
      records.put({
        ...mxc,
        ...written,
        contentType: cleanContentType(details.contentType),
        filename: cleanFilename(details.filename),
        userId: details.userId,
        createdTs: clock.now(),
        expiresTs: undefined,
      }),
    )
    announced.arrived(mxc)
  }

  return {
    maxUploadSize,

    async upload(stream, details) {
      const mxc = { origin: serverName, mediaId: random.token(24) }
      await save(mxc, stream, details)
      return formatMxc(mxc)
    },

    create: (userId) => announced.create(userId),

    async uploadTo(mxc, stream, details) {
      announced.check(mxc, details.userId)
      // Two uploads at once for one id: the second to arrive finds it taken.
      const claimed = {
        async *[Symbol.asyncIterator]() {
          yield* stream
          announced.check(mxc, details.userId)
        },
      }
      await save(mxc, claimed, details)
    },

    async open(target, openOptions = {}) {
      const found = await find(target, openOptions)
      if ('record' in found) return openAt(files, found.record, found.sha256, found.size, openOptions.range)
      return await openComing(files, sides, found, openOptions.range)
    },

    async thumbnail(target, wanted, openOptions = {}) {
      const found = await find(target, openOptions)
      if ('fetch' in found) {
        const { size } = await found.fetch.details
        if (size !== undefined) thumbnails.checkSize(size)
      }
      const record = 'record' in found ? found.record : await found.fetch.whileWaiting(found.finished)
      const sha256 = record.sha256 ?? ''
      const made = await thumbnails.of(sha256, record.size, wanted)
      if (!('originalOfType' in made)) return made
      return { ...openAt(files, record, sha256, record.size, undefined), contentType: made.originalOfType }
    },

    async remove(target, by) {
      const mxc = typeof target === 'string' ? parseMxc(target) : target
      const record = mxc === undefined ? undefined : records.get(mxc)
      if (record === undefined) throw new MediaError('not-found', 'There is no such file')
      if (record.userId !== by) throw new MediaError('forbidden', 'Another user uploaded this file')
      await removeFile(record)
    },

    async removeUnused(events) {
      if (references === undefined) return
      for (const uri of references.unused(events)) {
        const mxc = parseMxc(uri)
        const record = mxc === undefined ? undefined : records.get(mxc)
        if (mxc !== undefined) await remote?.forget(mxc)
        if (record?.userId !== undefined && !references.isNamedBy(uri, record.userId)) continue
        if (record !== undefined) await removeFile(record)
        references.forget(uri)
      }
    },

    async stop() {
      await Promise.all([remote?.stop(), thumbnails.stop()])
    },
  }

  async function removeFile(record: MediaRecord): Promise<void> {
    const { sha256 } = record
    records.remove(record)
    if (sha256 === undefined) return
    // After a power cut, no message may show a file that is gone.
    await durable?.()
    await files.remove(sha256, (hash) => records.isUsed(hash))
    if (!records.isUsed(sha256)) await thumbnails.forget(sha256)
  }

  /** The file on this disk, or on its way here. */
  async function find(
    target: Mxc | string,
    { allowRemote = true, timeoutMs = defaultWaitMs, signal }: OpenOptions,
  ): Promise<{ record: MediaRecord; sha256: string; size: number } | Fetching> {
    const mxc = typeof target === 'string' ? parseMxc(target) : target
    if (mxc === undefined) throw new MediaError('bad-uri', 'This is no mxc:// URI')
    const isOurs = mxc.origin === serverName
    const record = isOurs ? await announced.wait(mxc, timeoutMs, signal) : records.get(mxc)
    const size = record?.sha256 === undefined ? undefined : await files.sizeOf(record.sha256)
    if (record?.sha256 !== undefined && size !== undefined) {
      if (!isOurs) remote?.touch(record)
      return { record, sha256: record.sha256, size }
    }
    if (isOurs) throw new MediaError('not-found', 'The file is not on this disk any more')
    const running = remote?.running(mxc)
    if (running !== undefined) return running
    if (!allowRemote || remote === undefined) {
      throw new MediaError('not-found', 'This file is not kept here')
    }
    return remote.fetch(mxc)
  }
}

/** What has come can be read while the rest is on its way. */
async function openComing(
  files: MediaFiles,
  sides: SideStreams | undefined,
  { mxc, fetch, finished }: Fetching,
  wanted: ByteRange | undefined,
): Promise<OpenMedia> {
  const { contentType, filename, size, sha256 } = await fetch.details
  // Where the size is not known, a range cannot be told before all is here; and small files had better come
  // whole, with a size and an answer that says what failed.
  if (size === undefined && (wanted !== undefined || !(await fetch.isLarge()))) {
    const record = await fetch.whileWaiting(finished)
    return openAt(files, record, record.sha256 ?? '', record.size, wanted)
  }
  const range = size === undefined ? undefined : rangeWithin(size, wanted)
  const side =
    range === undefined || sha256 === undefined ? undefined : await sides?.from(mxc, fetch, range, sha256)
  return {
    ...served({ contentType, filename }),
    sha256,
    size,
    range,
    ...(side ?? bytesOf(fetch, range?.start ?? 0, range?.end)),
  }
}

function served(of: { contentType: string | undefined; filename: string | undefined }) {
  return { contentType: of.contentType ?? 'application/octet-stream', filename: of.filename }
}

function openAt(
  files: MediaFiles,
  record: MediaRecord,
  sha256: string,
  size: number,
  wanted: ByteRange | undefined,
): OpenMedia {
  const range = rangeWithin(size, wanted)
  return {
    ...served(record),
    sha256,
    size,
    range,
    ...bytesOf(fileSource(files.pathOf(sha256), size), range?.start ?? 0, range?.end ?? size - 1),
  }
}

function rangeWithin(size: number, wanted: ByteRange | undefined): OpenMedia['range'] {
  if (wanted === undefined) return undefined
  const start = wanted.start < 0 ? Math.max(0, size + wanted.start) : wanted.start
  const end = Math.min(wanted.end ?? size - 1, size - 1)
  if (start > end) throw new MediaError('bad-range', `The file has ${size} bytes`)
  return { start, end }
}
