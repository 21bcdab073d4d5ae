import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { crc32 } from 'node:zlib'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ServerName, UserId } from '../../core/types.ts'
import { MatrixError } from '../../http/errors.ts'
import { createMedia, mxcOf, parseMxc } from '../../media/index.ts'
import type { Media } from '../../media/index.ts'
import { readImageHeader } from '../../media/thumbnails/image-header.ts'
import { Database } from '../../storage/database.ts'
import { MediaStore } from '../../storage/media-store.ts'
import { migrate } from '../../storage/migrate.ts'
import { migrations } from '../../storage/migrations/index.ts'
import { systemClock } from '../../trace/clock.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { registerMediaRoutes } from './index.ts'

const serverName = 'a.example' as ServerName
const session = { userId: '@alice:a.example' as UserId, deviceId: 'D' }
let dir: string
let database: Database
let media: Media
let app: Hono

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-thumbnails-'))
  database = new Database(':memory:')
  migrate(database, migrations, { backup: false })
  start()
})

afterEach(async () => {
  await media.stop()
  database.close()
  await rm(dir, { recursive: true })
})

function start(): void {
  const records = new MediaStore(database)
  media = createMedia({ dir, records, serverName, clock: systemClock, random: systemRandom })
  app = new Hono()
  app.onError((error) => {
    if (!(error instanceof MatrixError)) throw error
    return Response.json({ errcode: error.errcode, error: error.message }, { status: error.status })
  })
  registerMediaRoutes(app, { media, session: () => session, readSession: () => session })
}

async function upload(bytes: Uint8Array, contentType: string): Promise<string> {
  const stream = (async function* () {
    yield bytes
  })()
  return (await media.upload(stream, { contentType, userId: session.userId })).slice('mxc://'.length)
}

const get = async (uri: string, query: string): Promise<Response> =>
  app.request(`/_matrix/client/v1/media/thumbnail/${uri}?${query}`)

async function sizeOf(response: Response): Promise<string> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const header = readImageHeader(bytes, true)
  return `${header?.format} ${header?.width}x${header?.height}`
}

/** RGBA of each pixel. */
type Paint = (x: number, y: number) => readonly [number, number, number, number]
const gradient: Paint = (x, y) => [x % 256, y % 256, 128, 255]

function png(width: number, height: number, paint: Paint): Buffer {
  const rows = Buffer.alloc((width * 4 + 1) * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(paint(x, y), y * (width * 4 + 1) + 1 + x * 4)
  }
  return pngOf(width, height, deflateSync(rows))
}

function pngOf(width: number, height: number, data: Uint8Array): Buffer {
  const chunk = (type: string, body: Uint8Array): Buffer => {
    const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
    const around = Buffer.alloc(8)
    around.writeUInt32BE(body.length, 0)
    around.writeUInt32BE(crc32(named), 4)
    return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 6, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ])
}

/** Two frames of 2x2 pixels, said to be larger than they are by the screen size. */
function movingGif(width: number, height: number): Buffer {
  const frame = [0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0x00, 0x02, 0x03, 0x44, 0x02, 0x05, 0x00]
  return Buffer.from([
    ...Buffer.from('GIF89a', 'latin1'),
    ...[width & 255, width >> 8, height & 255, height >> 8, 0x80, 0, 0, 255, 0, 0, 0, 0, 255],
    ...[...frame, ...frame, 0x3b],
  ])
}

test('thumbnails have the sizes of the specification, and are never larger than the picture', async () => {
  const uri = await upload(png(1000, 500, gradient), 'image/png')
  expect(await sizeOf(await get(uri, 'width=300&height=200'))).toBe('jpeg 320x160')
  expect(await sizeOf(await get(uri, 'width=321&height=240&method=scale'))).toBe('jpeg 640x320')
  expect(await sizeOf(await get(uri, 'width=90&height=90&method=crop'))).toBe('jpeg 96x96')
  expect(await sizeOf(await get(uri, 'width=90&height=45&method=crop'))).toBe('jpeg 96x48')
  expect(await sizeOf(await get(uri, 'width=3000&height=3000'))).toBe('png 1000x500')
  const small = await get(await upload(png(20, 10, gradient), 'image/png'), 'width=32&height=32&method=crop')
  expect(await sizeOf(small)).toBe('png 20x10')
  expect((await get(uri, 'width=0&height=10')).status).toBe(400)
  expect((await get(uri, 'width=10&height=10&method=stretch')).status).toBe(400)
})

test('a thumbnail is served inline, by a tag of its own, and what is transparent stays so', async () => {
  const uri = await upload(
    png(200, 200, (x) => [255, 0, 0, x < 100 ? 0 : 255]),
    'application/x-wrong',
  )
  const answer = await get(uri, 'width=32&height=32&method=crop')
  expect(answer.headers.get('content-type')).toBe('image/png')
  expect(answer.headers.get('content-disposition')).toBe('inline; filename="thumbnail.png"')
  const tag = answer.headers.get('etag') ?? ''
  const again = await app.request(
    `/_matrix/client/v1/media/thumbnail/${uri}?width=32&height=32&method=crop`,
    {
      headers: { 'if-none-match': tag },
    },
  )
  expect(again.status).toBe(304)
  const original = await app.request(`/_matrix/client/v1/media/download/${uri}`)
  expect(original.headers.get('etag')).not.toBe(tag)
})

test('the picture is shown upright, whatever way the camera was held', async () => {
  // Left half black, right half white; turned by 90 degrees to be seen.
  const plain = await upload(
    png(400, 200, (x) => (x < 200 ? [0, 0, 0, 255] : [255, 255, 255, 255])),
    'image/png',
  )
  const jpeg = Buffer.from(await (await get(plain, 'width=320&height=240')).arrayBuffer())
  const exif = Buffer.from(
    'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0',
    'latin1',
  )
  const marker = Buffer.from([0xff, 0xe1, 0, exif.length + 2])
  const turned = Buffer.concat([jpeg.subarray(0, 2), marker, exif, jpeg.subarray(2)])
  expect(readImageHeader(turned, true)?.orientation).toBe(6)
  const uri = await upload(turned, 'image/jpeg')
  const thumbnail = await get(uri, 'width=96&height=96&method=crop')
  expect(await sizeOf(thumbnail)).toBe('jpeg 96x96')
  const scaled = await get(uri, 'width=100&height=100')
  expect(await sizeOf(scaled)).toBe('jpeg 120x240')
})

test('what moves stands still, unless it is asked to move', async () => {
  const gif = movingGif(2, 2)
  const uri = await upload(gif, 'image/gif')
  expect(readImageHeader(gif, true)).toMatchObject({ format: 'gif', animated: true })
  expect(await sizeOf(await get(uri, 'width=32&height=32'))).toBe('jpeg 2x2')
  expect(await sizeOf(await get(uri, 'width=32&height=32&animated=true'))).toBe('gif 2x2')
})

test('what is no picture, is broken, or would fill the memory is refused, and the next one is served', async () => {
  const svg = await upload(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml')
  expect((await get(svg, 'width=32&height=32')).status).toBe(400)
  const broken = await upload(pngOf(300, 300, Buffer.from('no picture data')), 'image/png')
  expect((await get(broken, 'width=32&height=32')).status).toBe(400)
  expect((await get(broken, 'width=96&height=96')).status).toBe(400)
  const bomb = await upload(pngOf(60_000, 60_000, deflateSync(Buffer.alloc(1_000_000))), 'image/png')
  expect((await get(bomb, 'width=32&height=32')).status).toBe(413)
  const good = await upload(png(300, 300, gradient), 'image/png')
  expect(await sizeOf(await get(good, 'width=32&height=32&method=crop'))).toBe('jpeg 32x32')
  expect(mxcOf('a.example', 'x')).toEqual(parseMxc('mxc://a.example/x'))
})

test('a thumbnail is made once, also over a restart', async () => {
  const uri = await upload(png(300, 300, gradient), 'image/png')
  const answers = await Promise.all([1, 2, 3].map(() => get(uri, 'width=96&height=96&method=crop')))
  for (const answer of answers) expect(await sizeOf(answer)).toBe('jpeg 96x96')
  const kept = await readdir(join(dir, 'thumbnails'))
  expect(kept).toHaveLength(1)
  await media.stop()
  start()
  // The original's bytes are not needed any more for it.
  expect(await sizeOf(await get(uri, 'width=96&height=96&method=crop'))).toBe('jpeg 96x96')
  expect(await readdir(join(dir, 'thumbnails'))).toEqual(kept)
})
