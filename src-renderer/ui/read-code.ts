/** Of a picture: more than a photograph of a code needs, and little enough to be looked through in a moment. */
const MOST_PIXELS_A_SIDE = 1_600
const MOST_MS = 2_000
/** As long as any link that is followed. */
const LONGEST_TEXT = 2_048

const NO_CODE = 'No code was found in this picture. It should fill most of it, and be sharp.'

/** What the QR code in a picture says. Rejects with a sentence where there is none, or no picture. */
export async function readCode(picture: Blob): Promise<string> {
  const { data, width, height } = await pixelsOf(picture)
  const { default: decodeQR } = await import('qr/decode.js')
  let text: string
  try {
    text = decodeQR({ data, width, height }, { effort: 4, timeLimit: MOST_MS })
  } catch (error) {
    throw new Error(NO_CODE, { cause: error })
  }
  return text.trim().slice(0, LONGEST_TEXT)
}

async function pixelsOf(picture: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(picture).catch((error: unknown) => {
    throw new Error('This picture could not be read. PNG, JPEG, WebP and GIF work.', { cause: error })
  })
  const scale = Math.min(1, MOST_PIXELS_A_SIDE / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [bitmap.width, bitmap.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number]
  const context = new OffscreenCanvas(width, height).getContext('2d')
  if (context === null) throw new Error('This picture could not be drawn.')
  // What is see-through is paper.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  return context.getImageData(0, 0, width, height)
}
