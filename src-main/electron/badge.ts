/** Accent of the light theme (`src-renderer/ui/tokens.css`), as blue, green, red. */
const DOT = [0x1b, 0x47, 0xb8] as const

/** A round dot with soft edges, as the bytes of a bitmap: blue, green, red and opacity of each pixel. */
export function dotBitmap(size: number): Buffer {
  const pixels = Buffer.alloc(size * size * 4)
  const middle = (size - 1) / 2
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const inside = size / 2 - Math.hypot(x - middle, y - middle)
      const opacity = Math.round(255 * Math.min(1, Math.max(0, inside)))
      // Electron wants colours that are multiplied by their opacity already.
      const colour = DOT.map((each) => Math.round((each * opacity) / 255))
      pixels.set([...colour, opacity], (y * size + x) * 4)
    }
  }
  return pixels
}
