/** Side of a profile picture, in pixels: sharp at the largest size in which it is drawn. */
const SIDE = 512
/** Moving pictures are kept as they are, if they are small. */
const MOST_ANIMATED_BYTES = 1_000_000

/**
 * The middle of a picture as a small square. Drawing it anew also leaves out where and with what it was taken.
 * Rejects with a sentence when it is no picture that can be read.
 */
export async function toSquare(file: File): Promise<File> {
  if (file.type === 'image/gif' && file.size <= MOST_ANIMATED_BYTES) return file
  const picture = await createImageBitmap(file).catch((error: unknown) => {
    throw new Error('This picture could not be read. PNG, JPEG, WebP and GIF work.', { cause: error })
  })
  const cut = Math.min(picture.width, picture.height)
  const side = Math.min(SIDE, cut)
  const canvas = new OffscreenCanvas(side, side)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('This picture could not be drawn.')
  context.imageSmoothingQuality = 'high'
  context.drawImage(
    picture,
    (picture.width - cut) / 2,
    (picture.height - cut) / 2,
    cut,
    cut,
    0,
    0,
    side,
    side,
  )
  picture.close()
  // Photographs are small as JPEG; only PNG keeps what is see-through everywhere.
  const type = file.type === 'image/jpeg' ? 'image/jpeg' : 'image/png'
  const content = await canvas.convertToBlob({ type, quality: 0.9 })
  return new File([content], type === 'image/jpeg' ? 'picture.jpg' : 'picture.png', { type })
}
