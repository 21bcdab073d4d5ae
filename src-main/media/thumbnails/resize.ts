import { PhotonImage, SamplingFilter, resize } from '@cf-wasm/photon/others'
import type { Plan } from './plan.ts'

export interface Picture {
  readonly bytes: Uint8Array
  readonly type: 'image/jpeg' | 'image/png'
}

const jpegQuality = 82

/** Decodes, makes smaller, turns upright, cuts, encodes. Throws where the bytes are no image; only in the worker. */
export function makeThumbnail(original: Uint8Array, plan: Plan, orientation: number): Picture {
  const decoded = PhotonImage.new_from_byteslice(original)
  const turned = orientation >= 5
  const [width, height] = turned
    ? [plan.scaledHeight, plan.scaledWidth]
    : [plan.scaledWidth, plan.scaledHeight]
  const isSize = decoded.get_width() === width && decoded.get_height() === height
  const scaled = isSize ? decoded : resize(decoded, width, height, SamplingFilter.Triangle)
  if (!isSize) decoded.free()
  const { pixels, opaque } = upright(scaled.get_raw_pixels(), width, plan, orientation)
  scaled.free()
  const image = new PhotonImage(pixels, plan.width, plan.height)
  // What is partly transparent stays so.
  try {
    return opaque
      ? { bytes: image.get_bytes_jpeg(jpegQuality), type: 'image/jpeg' }
      : { bytes: image.get_bytes(), type: 'image/png' }
  } finally {
    image.free()
  }
}

/** The middle of the picture as it is to be seen (EXIF orientations 1 to 8), as RGBA. */
function upright(
  source: Uint8Array,
  sourceWidth: number,
  plan: Plan,
  orientation: number,
): { pixels: Uint8Array; opaque: boolean } {
  const { scaledWidth, scaledHeight, width, height } = plan
  const from = new Uint32Array(source.buffer, source.byteOffset, source.byteLength / 4)
  const to = new Uint32Array(width * height)
  const left = (scaledWidth - width) >> 1
  const top = (scaledHeight - height) >> 1
  const right = scaledWidth - 1
  const bottom = scaledHeight - 1
  const flipAcross = [2, 3, 6, 7].includes(orientation)
  const flipDown = [3, 4, 7, 8].includes(orientation)
  for (let y = 0; y < height; y++) {
    const down = flipDown ? bottom - y - top : y + top
    for (let x = 0; x < width; x++) {
      const across = flipAcross ? right - x - left : x + left
      // From 5 on, the stored rows are the columns that are seen.
      const at = orientation >= 5 ? across * sourceWidth + down : down * sourceWidth + across
      to[y * width + x] = from[at] ?? 0
    }
  }
  const pixels = new Uint8Array(to.buffer)
  let opaque = true
  for (let at = 3; at < pixels.length; at += 4) {
    if (pixels[at] !== 255) {
      opaque = false
      break
    }
  }
  return { pixels, opaque }
}
