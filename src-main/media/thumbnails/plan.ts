import type { ThumbnailRequest } from '../ports.ts'
import type { ImageHeader } from './image-header.ts'

/** How to make a thumbnail; all sizes in pixels, of the upright picture. */
export interface Plan {
  /** The whole picture is made this large first… */
  readonly scaledWidth: number
  readonly scaledHeight: number
  /** …and then its middle is cut out. */
  readonly width: number
  readonly height: number
}

/**
 * Sizes that are made, so that a few serve all: those of the specification ("Thumbnails"), and some between and
 * beyond for screens of today. A thumbnail is never smaller than what was asked for.
 */
const scaleSizes = [
  [320, 240],
  [640, 480],
  [800, 600],
  [1600, 1200],
] as const
const cropSizes = [32, 96, 192, 400, 800]

/** Undefined: the original will do, as it is no larger. */
export function planThumbnail(header: ImageHeader, wanted: ThumbnailRequest): Plan | undefined {
  const turned = header.orientation >= 5
  const width = turned ? header.height : header.width
  const height = turned ? header.width : header.height
  const box = wanted.method === 'crop' ? cropBox(wanted) : scaleBox(wanted)
  const fits = box === undefined || (width <= box.width && height <= box.height)
  if (fits) {
    // Larger than nothing, but it must not move: a still picture of the same size.
    return header.animated && !wanted.animated ? whole(width, height) : undefined
  }
  const across = box.width / width
  const down = box.height / height
  const ratio = Math.min(1, wanted.method === 'crop' ? Math.max(across, down) : Math.min(across, down))
  const scaledWidth = Math.max(1, Math.round(width * ratio))
  const scaledHeight = Math.max(1, Math.round(height * ratio))
  return {
    scaledWidth,
    scaledHeight,
    width: Math.min(scaledWidth, box.width),
    height: Math.min(scaledHeight, box.height),
  }
}

const whole = (width: number, height: number): Plan => ({
  scaledWidth: width,
  scaledHeight: height,
  width,
  height,
})

interface Box {
  readonly width: number
  readonly height: number
}

function scaleBox({ width, height }: ThumbnailRequest): Box | undefined {
  const size = scaleSizes.find((each) => each[0] >= width && each[1] >= height)
  return size === undefined ? undefined : { width: size[0], height: size[1] }
}

/** The shape that was asked for, in a size that is made. */
function cropBox({ width, height }: ThumbnailRequest): Box | undefined {
  const longer = Math.max(width, height)
  const size = cropSizes.find((each) => each >= longer)
  if (size === undefined) return undefined
  const by = size / longer
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) }
}
