import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../trace/clock.ts'
import { bytesOf, fileSource } from '../file-stream.ts'
import type { MediaFiles } from '../files.ts'
import { MediaError } from '../ports.ts'
import type { OpenMedia, ThumbnailRequest } from '../ports.ts'
import { ThumbnailCache } from './cache.ts'
import { headerBytes, readImageHeader } from './image-header.ts'
import type { ImageHeader } from './image-header.ts'
import { planThumbnail } from './plan.ts'
import type { Plan } from './plan.ts'
import { ThumbnailWorker } from './worker-pool.ts'

/** A picture of so many pixels takes 200 MB while it is made smaller. */
const maxPixels = 50_000_000
const maxOriginalBytes = 64 * 1024 * 1024
/** An original that moves is served instead of a moving thumbnail up to this size. */
const maxAnimationBytes = 10 * 1024 * 1024
const maxRemembered = 2_000

export interface ThumbnailParts {
  /** Folder of all media. */
  readonly dir: string
  readonly files: MediaFiles
  readonly clock: Clock
}

/** Thumbnails of images on this disk (client-server, "Thumbnails"), each made once, in a thread of its own. */
export class Thumbnails {
  private readonly files: MediaFiles
  private readonly cache: ThumbnailCache
  private readonly worker: ThumbnailWorker
  private readonly making = new Map<string, Promise<void>>()
  /** By hash; undefined for what is no image, or cannot be decoded. */
  private readonly headers = new Map<string, ImageHeader | undefined>()

  constructor({ dir, files, clock }: ThumbnailParts) {
    this.files = files
    this.cache = new ThumbnailCache(join(dir, 'thumbnails'), clock)
    this.worker = new ThumbnailWorker(clock)
  }

  /** Throws `too-large-for-thumbnail`. */
  checkSize(bytes: number): void {
    if (bytes > maxOriginalBytes)
      throw new MediaError('too-large-for-thumbnail', 'The file is too large to make a thumbnail of it')
  }

  /**
   * The thumbnail, or, where the original of `bytes` bytes will do, what that is whatever its sender called it.
   * Throws `no-thumbnail` for what is no image.
   */
  async of(
    sha256: string,
    bytes: number,
    wanted: ThumbnailRequest,
  ): Promise<OpenMedia | { originalOfType: string }> {
    const header = await this.header(sha256, bytes)
    if (header === undefined) throw noThumbnail()
    const animated = wanted.animated && bytes <= maxAnimationBytes
    const original = { originalOfType: `image/${header.format}` }
    if (animated && header.animated) return original
    const plan = planThumbnail(header, { ...wanted, animated })
    if (plan === undefined) return original
    this.checkSize(bytes)
    if (header.width * header.height > maxPixels)
      throw new MediaError(
        'too-large-for-thumbnail',
        'The picture has too many pixels to make a thumbnail of it',
      )
    const id = `${sha256}-${plan.width}x${plan.height}${wanted.method === 'crop' ? 'c' : 's'}`
    const made = (await this.cache.find(id)) ?? (await this.make(id, sha256, plan, header))
    const size = made.bytes
    return {
      sha256: createHash('sha256').update(id).digest('hex'),
      size,
      contentType: made.type,
      filename: made.type === 'image/png' ? 'thumbnail.png' : 'thumbnail.jpg',
      range: undefined,
      ...bytesOf(fileSource(made.path, size), 0, size - 1),
    }
  }

  /** The original is gone. */
  async forget(sha256: string): Promise<void> {
    this.headers.delete(sha256)
    await this.cache.removeAllOf(sha256)
  }

  stop(): Promise<void> {
    return this.worker.stop()
  }

  /** Several requests for one thumbnail share the work. */
  private async make(
    id: string,
    sha256: string,
    plan: Plan,
    { orientation }: ImageHeader,
  ): Promise<{ path: string; bytes: number; type: string }> {
    let making = this.making.get(id)
    if (making === undefined) {
      making = this.worker
        .make({ path: this.files.pathOf(sha256), plan, orientation })
        .then(({ bytes, type }) => this.cache.put(id, bytes, type))
        .finally(() => this.making.delete(id))
      this.making.set(id, making)
    }
    try {
      await making
    } catch (error) {
      // It would fail again.
      if (error instanceof MediaError && error.problem === 'no-thumbnail') this.remember(sha256, undefined)
      throw error
    }
    const made = await this.cache.find(id)
    if (made === undefined) throw noThumbnail()
    return made
  }

  private async header(sha256: string, bytes: number): Promise<ImageHeader | undefined> {
    if (this.headers.has(sha256)) return this.headers.get(sha256)
    const file = await open(this.files.pathOf(sha256), 'r')
    try {
      const buffer = Buffer.alloc(Math.min(headerBytes, bytes))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
      const header = readImageHeader(buffer.subarray(0, bytesRead), bytesRead === bytes)
      this.remember(sha256, header)
      return header
    } finally {
      await file.close()
    }
  }

  private remember(sha256: string, header: ImageHeader | undefined): void {
    this.headers.set(sha256, header)
    const oldest = this.headers.keys().next().value
    if (this.headers.size > maxRemembered && oldest !== undefined) this.headers.delete(oldest)
  }
}

function noThumbnail(): MediaError {
  return new MediaError('no-thumbnail', 'No thumbnail can be made of this file')
}
