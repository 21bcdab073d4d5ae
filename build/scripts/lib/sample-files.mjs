// Small files made by code, to show in screenshots and the demo: a picture, a sound, a PDF.
import { deflateSync } from 'node:zlib'

/** A lake in the evening, as PNG. `mood` shifts the colours. */
export function lakePicture(width, height, mood = 0) {
  const rows = Buffer.alloc(height * (width * 3 + 1))
  const horizon = Math.round(height * 0.58)
  const sun = { x: width * (0.3 + 0.4 * mood), y: horizon - height * 0.14, r: height * 0.09 }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const mirrored = y > horizon ? 2 * horizon - y : y
      const t = Math.max(0, mirrored / horizon)
      let [r, g, b] = [60 + 190 * t, 70 + 90 * t + 30 * mood, 140 - 40 * t + 40 * mood]
      const distance = Math.hypot(x - sun.x, mirrored - sun.y)
      const glow = Math.max(0, 1 - distance / (height * 0.45))
      r += 70 * glow
      g += 50 * glow
      if (distance < sun.r) [r, g, b] = [255, 226, 170]
      const far = horizon - height * (0.1 + 0.05 * Math.sin(x / (width * 0.09)) + 0.03 * Math.sin(x / 23))
      const near = horizon - height * (0.04 + 0.05 * Math.abs(Math.sin(x / (width * 0.16) + 1.2)))
      if (mirrored > far) [r, g, b] = [r * 0.55, g * 0.5 + 20, b * 0.6 + 30]
      if (mirrored > near) [r, g, b] = [34, 44, 58]
      if (y > horizon) {
        const ripple = 0.82 + 0.1 * Math.sin(y / 2.2 + Math.sin(x / 40))
        ;[r, g, b] = [r * ripple, g * ripple, b * ripple + 8]
      }
      const at = y * (width * 3 + 1) + 1 + x * 3
      rows[at] = Math.min(255, r)
      rows[at + 1] = Math.min(255, g)
      rows[at + 2] = Math.min(255, b)
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

function crc32(data) {
  let crc = ~0
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1))
  }
  return ~crc >>> 0
}

/** A murmur that swells and fades like speech, as WAV (16 bit, mono, 8 kHz), and its waveform. */
export function murmur(seconds) {
  const rate = 8000
  const loudness = (t) =>
    Math.max(0.04, Math.abs(Math.sin(t * 2.1) * Math.sin(t * 5.3 + 1)) * (0.5 + 0.5 * Math.sin(t * 0.9)))
  const samples = Buffer.alloc(seconds * rate * 2)
  for (let n = 0; n < seconds * rate; n++) {
    const t = n / rate
    samples.writeInt16LE(Math.round(12_000 * loudness(t) * Math.sin(t * 2 * Math.PI * 160)), n * 2)
  }
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.length, 40)
  const waveform = Array.from({ length: 64 }, (_, index) =>
    Math.round(1024 * loudness((index / 64) * seconds)),
  )
  return { file: Buffer.concat([header, samples]), waveform }
}

/** One page with these lines, as PDF. */
export function plainPdf(title, lines) {
  const escape = (text) => text.replace(/[\\()]/g, '\\$&')
  const words = [
    'BT /F1 20 Tf 60 760 Td',
    `(${escape(title)}) Tj /F1 12 Tf`,
    ...lines.map((line) => `0 -26 Td (${escape(line)}) Tj`),
    'ET',
  ].join('\n')
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>',
    `<</Length ${words.length}>>stream\n${words}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ]
  let text = '%PDF-1.4\n'
  const places = objects.map((object, index) => {
    const at = text.length
    text += `${index + 1} 0 obj${object}endobj\n`
    return at
  })
  const table = places.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  const start = text.length
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF`
  return Buffer.from(text, 'latin1')
}
