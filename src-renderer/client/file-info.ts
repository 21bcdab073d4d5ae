import { encode } from 'blurhash'
import type { FileInfo } from './file-content.ts'

const THUMBNAIL_WIDTH = 800
const THUMBNAIL_HEIGHT = 600
/** A picture of fewer bytes is its own thumbnail. */
const SMALL_PICTURE = 200 * 1024
/** Larger ones are not unpacked: that could take all memory. */
const MOST_PIXELS = 100_000_000
const HASH_SIDE = 32
/** A file that a player cannot make out in this time is sent without further words. */
const PATIENCE_MS = 10_000

/** Pictures as people mean them; SVG is a document that can carry script. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/u

/** Looks into a file without reading it whole. Never rejects: what cannot be made out is not told. */
export async function readFileInfo(file: File): Promise<FileInfo> {
  const kind = kindOf(file.type)
  try {
    if (kind === 'image') return await readPicture(file)
    if (kind === 'video') return await readFilm(file)
    if (kind === 'audio') return await readSound(file)
  } catch (error) {
    console.warn('A file could not be looked into', error)
  }
  return { kind }
}

function kindOf(type: string): FileInfo['kind'] {
  if (PICTURE.test(type)) return 'image'
  if (type.startsWith('video/')) return 'video'
  return type.startsWith('audio/') ? 'audio' : 'file'
}

/** Runs `work` with an address for the file, for so long as it takes. */
async function withAddress<T>(file: File, work: (url: string) => Promise<T>): Promise<T> {
  const url = URL.createObjectURL(file)
  try {
    return await work(url)
  } finally {
    URL.revokeObjectURL(url)
  }
}

/** Resolves at the first of these events; rejects when the element fails, or takes too long. */
function happens(element: HTMLElement, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('It took too long')), PATIENCE_MS)
    element.addEventListener(
      event,
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
    element.addEventListener(
      'error',
      () => {
        clearTimeout(timer)
        reject(new Error('The browser cannot read it'))
      },
      { once: true },
    )
  })
}

function readPicture(file: File): Promise<FileInfo> {
  return withAddress(file, async (url) => {
    const image = new Image()
    const loaded = happens(image, 'load')
    image.src = url
    await loaded
    const { naturalWidth: width, naturalHeight: height } = image
    if (width * height === 0 || width * height > MOST_PIXELS) return { kind: 'image' }
    const isLarge =
      file.size > SMALL_PICTURE &&
      (width > THUMBNAIL_WIDTH || height > THUMBNAIL_HEIGHT || file.size > 2 ** 20)
    // What may be transparent keeps that.
    const type = file.type === 'image/jpeg' ? 'image/jpeg' : 'image/webp'
    const thumbnail = isLarge ? await drawThumbnail(image, width, height, type) : undefined
    return {
      kind: 'image',
      width,
      height,
      blurhash: hashOf(image),
      // A thumbnail that is no smaller is none.
      thumbnail: thumbnail !== undefined && thumbnail.blob.size < file.size ? thumbnail : undefined,
    }
  })
}

function readFilm(file: File): Promise<FileInfo> {
  return withAddress(file, async (url) => {
    const video = document.createElement('video')
    video.muted = true
    video.preload = 'auto'
    const loaded = happens(video, 'loadeddata')
    video.src = url
    await loaded
    const { videoWidth: width, videoHeight: height } = video
    // The very first picture is often black.
    const sought = happens(video, 'seeked')
    video.currentTime = Math.min(1, Number.isFinite(video.duration) ? video.duration / 10 : 0.1)
    await sought
    const hasPicture = width > 0 && height > 0
    const info: FileInfo = {
      kind: 'video',
      ...(hasPicture ? { width, height } : {}),
      durationMs: durationOf(video),
      blurhash: hasPicture ? hashOf(video) : undefined,
      thumbnail: hasPicture ? await drawThumbnail(video, width, height, 'image/jpeg') : undefined,
    }
    video.removeAttribute('src')
    video.load()
    return info
  })
}

function readSound(file: File): Promise<FileInfo> {
  return withAddress(file, async (url) => {
    const audio = document.createElement('audio')
    audio.preload = 'metadata'
    const loaded = happens(audio, 'loadedmetadata')
    audio.src = url
    await loaded
    return { kind: 'audio', durationMs: durationOf(audio) }
  })
}

/** Recordings of browsers do not know their length. */
function durationOf({ duration }: HTMLMediaElement): number | undefined {
  return Number.isFinite(duration) && duration > 0 ? Math.round(duration * 1000) : undefined
}

function draw(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(source, 0, 0, width, height)
  return canvas
}

async function drawThumbnail(
  source: CanvasImageSource,
  width: number,
  height: number,
  type: string,
): Promise<FileInfo['thumbnail']> {
  const scale = Math.min(1, THUMBNAIL_WIDTH / width, THUMBNAIL_HEIGHT / height)
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const canvas = draw(source, w, h)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, 0.8))
  return blob === null ? undefined : { blob, width: w, height: h }
}

/** A few letters that stand for the picture until it is there (MSC2448). */
function hashOf(source: CanvasImageSource): string | undefined {
  const pixels = draw(source, HASH_SIDE, HASH_SIDE).getContext('2d')?.getImageData(0, 0, HASH_SIDE, HASH_SIDE)
  return pixels === undefined ? undefined : encode(pixels.data, HASH_SIDE, HASH_SIDE, 4, 3)
}
