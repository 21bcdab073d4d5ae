export interface ImageHeader {
  readonly format: 'jpeg' | 'png' | 'gif' | 'webp'
  /** Pixels, as stored: before `orientation`. */
  readonly width: number
  readonly height: number
  /** EXIF: 1 is upright; from 5 on, width and height change places. */
  readonly orientation: number
  /** May have several frames. */
  readonly animated: boolean
}

/** How much of a file `readImageHeader` needs; JPEGs may have other data of this size before the picture. */
export const headerBytes = 256 * 1024

/**
 * What the first bytes of an image say, by the bytes alone and not by what a sender calls them. `complete`:
 * `bytes` is the whole file. Undefined for everything that no thumbnail is made of.
 */
export function readImageHeader(bytes: Uint8Array, complete: boolean): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (startsWith(bytes, [0xff, 0xd8, 0xff])) return jpeg(view)
    if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return png(view)
    const start = latin1(view, 0, 6)
    if (start === 'GIF87a' || start === 'GIF89a') return gif(view, complete)
    if (start.startsWith('RIFF') && latin1(view, 8, 4) === 'WEBP') return webp(view)
  } catch (error) {
    // Cut short.
    if (!(error instanceof RangeError)) throw error
  }
  return undefined
}

function jpeg(view: DataView): ImageHeader | undefined {
  let orientation = 1
  for (let at = 2; ;) {
    // Fill bytes may stand before a marker.
    while (view.getUint8(at) === 0xff && view.getUint8(at + 1) === 0xff) at += 1
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    const length = view.getUint16(at + 2)
    if (length < 2) return undefined
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)]
      return valid({ format: 'jpeg', width, height, orientation, animated: false })
    }
    if (marker === 0xe1 && latin1(view, at + 4, 6) === 'Exif\0\0') {
      orientation = exifOrientation(view, at + 10, at + 2 + length) ?? orientation
    }
    at += 2 + length
  }
}

/** The Orientation tag of the first directory of a TIFF block (EXIF 2.3, section 4.6). */
function exifOrientation(view: DataView, start: number, end: number): number | undefined {
  const tiff = new DataView(view.buffer, view.byteOffset + start, Math.min(end, view.byteLength) - start)
  try {
    const order = latin1(tiff, 0, 2)
    if (order !== 'II' && order !== 'MM') return undefined
    const little = order === 'II'
    const directory = tiff.getUint32(4, little)
    const entries = tiff.getUint16(directory, little)
    for (let n = 0; n < entries; n++) {
      const at = directory + 2 + n * 12
      if (tiff.getUint16(at, little) !== 0x0112) continue
      const value = tiff.getUint16(at + 8, little)
      return value >= 1 && value <= 8 ? value : undefined
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return undefined
}

function png(view: DataView): ImageHeader | undefined {
  if (latin1(view, 12, 4) !== 'IHDR') return undefined
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  let animated = false
  // The chunk that makes it an animation comes before the first picture data.
  for (let at = 8; at + 8 <= view.byteLength;) {
    const type = latin1(view, at + 4, 4)
    if (type === 'acTL') animated = true
    if (type === 'acTL' || type === 'IDAT') break
    at += 12 + view.getUint32(at)
  }
  return valid({ format: 'png', width, height, orientation: 1, animated })
}

function gif(view: DataView, complete: boolean): ImageHeader | undefined {
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)]
  return valid({ format: 'gif', width, height, orientation: 1, animated: hasSecondFrame(view, complete) })
}

function hasSecondFrame(view: DataView, complete: boolean): boolean {
  const colours = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1))
  const skipBlocks = (from: number): number => {
    let at = from
    for (let size = view.getUint8(at); size > 0; size = view.getUint8(at)) at += size + 1
    return at + 1
  }
  try {
    let frames = 0
    for (let at = 13 + colours(view.getUint8(10)); ;) {
      const kind = view.getUint8(at)
      if (kind === 0x21) at = skipBlocks(at + 2)
      else if (kind === 0x2c) {
        frames += 1
        if (frames > 1) return true
        at = skipBlocks(at + 10 + colours(view.getUint8(at + 9)) + 1)
      } else return false
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    // What is beyond these bytes may be a second frame.
    return !complete
  }
}

function webp(view: DataView): ImageHeader | undefined {
  const size24 = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536
  const still = { format: 'webp', orientation: 1, animated: false } as const
  switch (latin1(view, 12, 4)) {
    case 'VP8 ':
      return valid({
        ...still,
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
      })
    case 'VP8L': {
      const bits = view.getUint32(21, true)
      return valid({ ...still, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 })
    }
    case 'VP8X':
      return valid({
        ...still,
        width: size24(24) + 1,
        height: size24(27) + 1,
        animated: (view.getUint8(20) & 0x02) !== 0,
      })
    default:
      return undefined
  }
}

function valid(header: ImageHeader): ImageHeader | undefined {
  return header.width > 0 && header.height > 0 ? header : undefined
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte)
}

function latin1(view: DataView, at: number, length: number): string {
  let text = ''
  for (let n = 0; n < length; n++) text += String.fromCharCode(view.getUint8(at + n))
  return text
}
