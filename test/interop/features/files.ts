import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { download, thumbnail, upload } from '../../harness/process/media.ts'
import type { ClientEvent } from '../../harness/process/sync-view.ts'
import type { Feature } from './feature.ts'
import { makePng, pngSize } from './png.ts'
import type { Stage } from './stage.ts'

const LARGE = 60 * 1024 * 1024
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** `from` shares a file in a message of `content`; what `to` was shown and then read. */
async function share(
  stage: Stage,
  file: { bytes: Buffer; type: string; name: string },
  content: (mxc: string) => object,
): Promise<{ shown: ClientEvent; mxc: string }> {
  const room = await stage.room()
  const mxc = await upload(stage.from, file.bytes, file.type, file.name)
  const sent = content(mxc)
  const shown = await stage.sent(room, sent)
  expect(shown.content).toEqual(sent)
  const read = await download(stage.to, String(shown.content['url']))
  expect(sha256(read.body)).toBe(sha256(file.bytes))
  expect(read.contentType).toContain(file.type)
  return { shown, mxc }
}

const plain = (msgtype: string, name: string, type: string, size: number, info: object = {}) =>
  [
    { bytes: randomBytes(size), type, name },
    (url: string) => ({ msgtype, body: name, filename: name, url, info: { mimetype: type, size, ...info } }),
  ] as const

export const files: Feature[] = [
  {
    name: 'Image with thumbnail and caption',
    async run(stage) {
      const [bytes, small] = [makePng(800, 600), makePng(80, 60)]
      const thumb = await upload(stage.from, small, 'image/png', 'small.png')
      const info = {
        ...{ mimetype: 'image/png', size: bytes.length, w: 800, h: 600 },
        ...{ thumbnail_url: thumb, thumbnail_info: { mimetype: 'image/png', w: 80, h: 60 } },
        'xyz.amorgan.blurhash': 'LEHV6nWB2yk8pyo0adR*.7kCMdnj',
      }
      const file = { bytes, type: 'image/png', name: 'a.png' }
      await share(stage, file, (url) => ({
        ...{ msgtype: 'm.image', body: 'our cat', filename: 'a.png', url, info },
      }))
      expect(sha256((await download(stage.to, thumb)).body)).toBe(sha256(small))
    },
  },
  {
    name: 'File',
    run: async (stage) => {
      await share(stage, ...plain('m.file', 'report.pdf', 'application/pdf', 200_000))
    },
  },
  {
    name: 'Voice message with its waveform',
    run: async (stage) => {
      const [file] = plain('m.audio', 'voice.ogg', 'audio/ogg', 30_000)
      const content = (url: string) => ({
        ...{ msgtype: 'm.audio', body: 'Voice message', url },
        info: { mimetype: 'audio/ogg', size: 30_000, duration: 2100 },
        'org.matrix.msc1767.audio': { duration: 2100, waveform: [0, 512, 1024, 300] },
        'org.matrix.msc3245.voice': {},
      })
      await share(stage, file, content)
    },
  },
  {
    name: 'Video',
    run: async (stage) => {
      const info = { w: 640, h: 360, duration: 4000 }
      await share(stage, ...plain('m.video', 'film.mp4', 'video/mp4', 400_000, info))
    },
  },
  {
    name: 'File of 60 MB',
    run: async (stage) => {
      await share(stage, ...plain('m.file', 'large.bin', 'application/octet-stream', LARGE))
    },
  },
  {
    name: 'Thumbnail of a file of the other server',
    async run(stage) {
      await stage.room()
      const mxc = await upload(stage.from, makePng(1200, 900), 'image/png', 'large.png')
      const small = await thumbnail(stage.to, mxc, 320, 240)
      expect(small.contentType).toMatch(/^image\//)
      const size = pngSize(small.body)
      if (size !== undefined) expect(size.width).toBeLessThanOrEqual(800)
      expect(small.body.length).toBeGreaterThan(0)
    },
  },
  {
    name: 'Part of a file of the other server (seeking)',
    absent: { 'Hearth to Synapse': 'Synapse answers a Range request with the whole file.' },
    async run(stage) {
      const bytes = randomBytes(3_000_000)
      const mxc = await upload(stage.from, bytes, 'video/mp4', 'film.mp4')
      const part = await download(stage.to, mxc, 'bytes=2000000-2000999')
      expect(part.status).toBe(206)
      expect(part.headers['content-range']).toBe('bytes 2000000-2000999/3000000')
      expect(part.body.equals(bytes.subarray(2_000_000, 2_001_000))).toBe(true)
    },
  },
  {
    name: 'A page or script is offered as a download only',
    async run(stage) {
      const mxc = await upload(stage.from, Buffer.from('<script>1</script>'), 'text/html', 'page.html')
      const read = await download(stage.to, mxc)
      expect(read.headers['content-disposition']).toMatch(/^attachment/)
    },
  },
]
