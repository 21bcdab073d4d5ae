import type { ServerName, UserId } from '../core/types.ts'

/** `mxc://<origin>/<mediaId>`, validated. */
export interface Mxc {
  readonly origin: ServerName
  readonly mediaId: string
}

export interface MediaRecord extends Mxc {
  /** Hex; undefined while an announced upload has not come. */
  readonly sha256: string | undefined
  /** Bytes. */
  readonly size: number
  readonly contentType: string | undefined
  readonly filename: string | undefined
  /** Undefined for other servers' media. */
  readonly userId: UserId | undefined
  readonly createdTs: number
  readonly expiresTs: number | undefined
}

/** What is known of each URI; the bytes are elsewhere. */
export interface MediaRecords {
  get(mxc: Mxc): MediaRecord | undefined
  put(record: MediaRecord): void
  /** Announced uploads of this user that may still come. */
  pendingCount(userId: UserId, now: number): number
  deleteExpired(now: number): void
  /** Bytes that media of this server and of others take, for the storage view. */
  usage(): { files: number; bytes: number }
}

/** How to get media of other servers; a rejection with `status` 404 means that it does not exist. */
export interface RemoteMedia {
  download(
    server: ServerName,
    mediaId: string,
  ): Promise<{
    stream: AsyncIterable<Uint8Array>
    contentType?: string | undefined
    filename?: string | undefined
  }>
}

/** Bytes from `start` to `end`, both included, as HTTP counts; a negative start counts from the end. */
export interface ByteRange {
  readonly start: number
  readonly end?: number | undefined
}

export interface OpenMedia {
  readonly sha256: string
  /** Of the whole file. */
  readonly size: number
  readonly contentType: string
  readonly filename: string | undefined
  /** What `stream` yields; undefined when no range was asked for. */
  readonly range: { readonly start: number; readonly end: number } | undefined
  /** Opens the file when first read. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
}

export interface UploadDetails {
  readonly contentType?: string | undefined
  readonly filename?: string | undefined
  readonly userId: UserId
}

/** All failures are `MediaError`, except bugs. */
export interface Media {
  /** Bytes; undefined is unlimited. */
  readonly maxUploadSize: number | undefined
  /** Resolves with the `mxc://` URI when the file is on disk. */
  upload(stream: AsyncIterable<Uint8Array>, details: UploadDetails): Promise<string>
  /** Announces an upload. `expiresTs` in ms since the epoch. */
  create(userId: UserId): { uri: string; expiresTs: number }
  /** Completes an announced upload. */
  uploadTo(mxc: Mxc, stream: AsyncIterable<Uint8Array>, details: UploadDetails): Promise<void>
  /** Opens our own media, or another server's, which is fetched once and kept. Waits for announced uploads. */
  open(
    mxc: Mxc | string,
    options?: {
      range?: ByteRange | undefined
      /** Default true. */
      allowRemote?: boolean
      /** Default 20 s, at most 60 s. */
      timeoutMs?: number
      signal?: AbortSignal
    },
  ): Promise<OpenMedia>
}

export type MediaProblem =
  | 'bad-uri'
  | 'not-found'
  | 'too-large'
  | 'remote-too-large'
  | 'remote-failed'
  | 'not-yet-uploaded'
  | 'already-uploaded'
  | 'forbidden'
  | 'too-many-pending'
  | 'bad-range'
  | 'interrupted'
  | 'disk-full'

/** The message is a sentence for people. */
export class MediaError extends Error {
  readonly problem: MediaProblem
  constructor(problem: MediaProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'MediaError'
    this.problem = problem
  }
}
