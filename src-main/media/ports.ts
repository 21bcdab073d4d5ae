import type { Writable } from 'node:stream'
import type { EventId, ServerName, UserId } from '../core/types.ts'

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
  /** When another server's file was last read, to the hour; undefined for our own. */
  readonly lastAccessTs?: number | undefined
}

/** What is known of each URI; the bytes are elsewhere. */
export interface MediaRecords {
  get(mxc: Mxc): MediaRecord | undefined
  put(record: MediaRecord): void
  /** Announced uploads of this user that may still come. */
  pendingCount(userId: UserId, now: number): number
  deleteExpired(now: number): void
  /** Sets `lastAccessTs`. */
  touch(mxc: Mxc, now: number): void
  remove(mxc: Mxc): void
  /** Does any URI mean this file? */
  isUsed(sha256: string): boolean
  /** Bytes that files of other servers take. */
  remoteBytes(): number
  /** Other servers' files, the longest unread first. */
  leastRecentRemote(limit: number): MediaRecord[]
  /** Bytes that media of this server and of others take, for the storage view. */
  usage(): { files: number; bytes: number }
}

/** Which events name which files. */
export interface MediaReferences {
  /** `mxc://` URIs that only redacted events name: those of these events, or all. */
  unused(events?: readonly EventId[]): string[]
  /** Is an event of this sender, redacted or not, among those that name it? */
  isNamedBy(uri: string, sender: UserId): boolean
  /** The file is gone; its redacted events need not be known any more. */
  forget(uri: string): void
}

/** How to get media of other servers; a rejection with `status` 404 means that it does not exist. */
export interface RemoteMedia {
  download(server: ServerName, mediaId: string, wanted?: RemoteWanted): Promise<RemoteAnswer>
}

/** A part of a file that was begun before. A server that cannot do this sends the whole. */
export interface RemoteWanted {
  readonly start?: number
  /** Included; undefined is to the end. */
  readonly end?: number | undefined
  /** The part is wanted only of this file. */
  readonly sha256?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface RemoteAnswer {
  readonly stream: AsyncIterable<Uint8Array>
  /** Gives up the stream, read or not. */
  readonly close?: () => void
  readonly contentType?: string | undefined
  readonly filename?: string | undefined
  /** Where `stream` begins in the file; 0 if undefined. */
  readonly start?: number | undefined
  /** Bytes of the whole file, where the other server says so. */
  readonly size?: number | undefined
  /** Hex; where the other server says so, which means that it can continue this file later. */
  readonly sha256?: string | undefined
}

/** Bytes from `start` to `end`, both included, as HTTP counts; a negative start counts from the end. */
export interface ByteRange {
  readonly start: number
  readonly end?: number | undefined
}

export interface OpenMedia {
  /** Hex; undefined while a file is coming from a server that does not say. */
  readonly sha256: string | undefined
  /** Of the whole file; undefined while it is coming from a server that does not say. */
  readonly size: number | undefined
  readonly contentType: string
  readonly filename: string | undefined
  /** What `stream` yields; undefined when no range was asked for. */
  readonly range: { readonly start: number; readonly end: number } | undefined
  /** Opens the file when first read. It fails in the middle when a file that is still coming does not come. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Instead of reading `stream`: the same bytes to a socket, the short way. Rejects when the socket is gone. */
  readonly send: (to: Writable) => Promise<void>
}

/** Client-server, "Thumbnails". */
export interface ThumbnailRequest {
  readonly width: number
  readonly height: number
  readonly method: 'crop' | 'scale'
  readonly animated: boolean
}

export interface OpenOptions {
  readonly range?: ByteRange | undefined
  /** Default true. */
  readonly allowRemote?: boolean
  /** How long an announced upload is waited for. Default 20 s, at most 60 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
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
  /**
   * Opens our own media, or another server's, which is fetched once and kept; what has come of it can be read
   * while the rest is under way.
   */
  open(mxc: Mxc | string, options?: OpenOptions): Promise<OpenMedia>
  /** The image made smaller, never larger; the original where it is small already. */
  thumbnail(mxc: Mxc | string, wanted: ThumbnailRequest, options?: OpenOptions): Promise<OpenMedia>
  /**
   * Takes the file from the disk, with its thumbnails, unless the same bytes are known by another URI too.
   * `by` may do that with what they uploaded. Throws `not-found` and `forbidden`.
   */
  remove(mxc: Mxc | string, by: UserId): Promise<void>
  /**
   * Removes files that only redacted events name: of these events, or all that a crash left. Our own users'
   * files go only where the uploader had sent them: others could name them to have them deleted.
   */
  removeUnused(events?: readonly EventId[]): Promise<void>
  /** Ends what is under way; what has come of other servers' files is kept and continued later. */
  stop(): Promise<void>
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
  | 'no-thumbnail'
  | 'too-large-for-thumbnail'
  | 'busy'
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
