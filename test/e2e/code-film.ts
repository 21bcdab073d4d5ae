import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeQR } from 'qr'
import { scratchFolder } from '../harness/process/scratch.ts'

const SCALE = 6

/** What makes Chromium take a film of this code for its camera, and ask nobody. */
export function cameraThatSees(text: string): readonly string[] {
  const path = join(scratchFolder('film'), 'code.y4m')
  writeFileSync(path, filmOf(text))
  return [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${path}`,
  ]
}

/** YUV4MPEG2 of one picture, which is shown again and again: grey values, and no colour at half the size. */
function filmOf(text: string): Buffer {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 })
  const side = rows.length * SCALE
  const light = Buffer.alloc(side * side, 235)
  rows.forEach((row, y) => {
    row.forEach((dark, x) => {
      if (!dark) return
      for (let line = 0; line < SCALE; line++) {
        const start = (y * SCALE + line) * side + x * SCALE
        light.fill(16, start, start + SCALE)
      }
    })
  })
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, Buffer.alloc(side * (side / 2), 128)])
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${side} H${side} F10:1 Ip A1:1 C420jpeg\n`), frame, frame])
}
