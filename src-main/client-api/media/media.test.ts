import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono, type Context } from 'hono'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ServerName, UserId } from '../../core/types.ts'
import { MatrixError } from '../../http/errors.ts'
import { createMedia, mediaForServers, MediaError } from '../../media/index.ts'
import type { MediaOptions, RemoteMedia } from '../../media/index.ts'
import { Database } from '../../storage/database.ts'
import { MediaStore } from '../../storage/media-store.ts'
import { migrate } from '../../storage/migrate.ts'
import { migrations } from '../../storage/migrations/index.ts'
import { systemClock } from '../../trace/clock.ts'
import { systemRandom } from '../../trace/system-random.ts'
import type { Session } from '../ports.ts'
import { registerMediaRoutes } from './index.ts'

const serverName = 'a.example' as ServerName
let dir: string
let database: Database

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-media-'))
  database = new Database(':memory:')
  migrate(database, migrations, { backup: false })
})

afterEach(async () => {
  database.close()
  await rm(dir, { recursive: true })
})

function setUp(options: Partial<MediaOptions> = {}) {
  const media = createMedia({
    dir,
    records: new MediaStore(database),
    serverName,
    clock: systemClock,
    random: systemRandom,
    ...options,
  })
  const app = new Hono()
  app.onError((error) => {
    if (!(error instanceof MatrixError)) throw error
    return Response.json({ errcode: error.errcode, error: error.message }, { status: error.status })
  })
  registerMediaRoutes(app, {
    media,
    session,
    readSession: session,
  })
  const request = async (
    path: string,
    init: Omit<RequestInit, 'headers'> & { duplex?: 'half'; headers?: Record<string, string> } = {},
    user = '@alice:a.example',
  ): Promise<Response> =>
    app.request(path, { ...init, headers: { authorization: `Bearer ${user}`, ...init.headers } })
  const upload = async (body: BodyInit, type = 'text/plain', filename?: string): Promise<string> => {
    const query = filename === undefined ? '' : `?filename=${encodeURIComponent(filename)}`
    const response = await request(`/_matrix/media/v3/upload${query}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    })
    expect(response.status).toBe(200)
    const { content_uri } = (await response.json()) as { content_uri: string }
    expect(content_uri).toMatch(/^mxc:\/\/a\.example\/[A-Za-z0-9_-]+$/)
    return content_uri
  }
  return { app, media, request, upload }
}

const pathOf = (uri: string): string => `/_matrix/client/v1/media/download/${uri.slice('mxc://'.length)}`

function session(c: Context): Session {
  const user = /^Bearer (@.+)$/.exec(c.req.header('authorization') ?? '')?.[1]
  if (user === undefined) throw new MatrixError(401, 'M_MISSING_TOKEN', 'no token')
  return { userId: user as UserId, deviceId: 'D' }
}

async function filesOnDisk(): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text()
}

describe('upload and download', () => {
  test('give back the same bytes, and keep the same file once', async () => {
    const { request, upload } = setUp()
    const body = randomBytes(300_000)
    const [one, two] = [await upload(body), await upload(body)]
    expect(one).not.toBe(two)
    for (const uri of [one, two]) {
      const response = await request(pathOf(uri))
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true)
    }
    expect(await filesOnDisk()).toEqual([createHash('sha256').update(body).digest('hex')])
    expect(new MediaStore(database).usage()).toEqual({ files: 1, bytes: 300_000 })
  })

  test('an empty file is a file', async () => {
    const { media, request, upload } = setUp()
    const served = mediaForServers(media, serverName)
    const uri = await upload('')
    const file = await served.open(uri.split('/').at(-1) ?? '')
    expect(file?.contentType).toBe('text/plain')
    expect(await served.open('../x')).toBeUndefined()
    const response = await request(pathOf(uri))
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  test('what a browser could run is only offered to be saved', async () => {
    const { request, upload } = setUp()
    const page = await request(pathOf(await upload('<script>', 'text/html; charset=utf-8', 'a"b.html')))
    expect(page.headers.get('content-disposition')).toBe('attachment; filename="a\\"b.html"')
    const image = await request(pathOf(await upload('x', 'image/png', 'héllo.png')))
    expect(image.headers.get('content-disposition')).toBe("inline; filename*=utf-8''h%C3%A9llo.png")
    const rubbish = await request(pathOf(await upload('x', 'rubbish', 'n')))
    expect(rubbish.headers.get('content-type')).toBe('application/octet-stream')
    for (const response of [page, image, rubbish]) {
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none';/)
      await response.arrayBuffer()
    }
    const named = await request(`${pathOf(await upload('x', 'text/plain'))}/other%20name.txt`)
    expect(named.headers.get('content-disposition')).toBe('inline; filename="other name.txt"')
  })

  test.each([
    'text/html',
    'TEXT/HTML; charset=utf-8',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'application/xml',
    'text/javascript',
    'application/javascript',
    'application/pdf',
    'multipart/x-mixed-replace',
    'text/html,image/png',
    '',
  ])('%s is never shown inline', async (type) => {
    const { request, upload } = setUp()
    const uri = await upload('<script>alert(1)</script>', type)
    for (const path of [pathOf(uri), `${pathOf(uri)}/picture.png`]) {
      const answer = await request(path)
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('content-security-policy')).toMatch(/^sandbox;/)
      await answer.arrayBuffer()
    }
  })

  test('conditions: what the client has already, what changed meanwhile, and the headers alone', async () => {
    const { request, upload } = setUp()
    const uri = await upload('0123456789')
    const get = (headers: Record<string, string>, method = 'GET') => request(pathOf(uri), { method, headers })
    const head = await get({}, 'HEAD')
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', ''])
    const partOfHead = await get({ range: 'bytes=2-4' }, 'HEAD')
    expect([partOfHead.status, partOfHead.headers.get('content-range')]).toEqual([206, 'bytes 2-4/10'])
    const etag = head.headers.get('etag') ?? ''
    for (const known of [etag, `"other", W/${etag}`, '*'])
      expect((await get({ 'if-none-match': known })).status).toBe(304)
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200)
    const same = await get({ range: 'bytes=2-4', 'if-range': etag })
    expect([same.status, await same.text()]).toEqual([206, '234'])
    for (const other of ['"other"', 'Tue, 24 Nov 2026 10:00:00 GMT', `W/${etag}`]) {
      const whole = await get({ range: 'bytes=2-4', 'if-range': other })
      expect([whole.status, await whole.text()]).toEqual([200, '0123456789'])
    }
  })

  test('ranges', async () => {
    const { request, upload } = setUp()
    const uri = await upload('0123456789')
    const get = (range: string) => request(pathOf(uri), { headers: { range } })
    const answers: [string, number, string, string | null][] = [
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
      ['bytes=7-99', 206, '789', 'bytes 7-9/10'],
      ['bytes=-3', 206, '789', 'bytes 7-9/10'],
      ['bytes=4-2', 200, '0123456789', null],
      ['bytes=0-1,3-4', 200, '0123456789', null],
      ['lines=1-2', 200, '0123456789', null],
    ]
    for (const [range, status, text, contentRange] of answers) {
      const response = await get(range)
      expect([range, response.status, await response.text(), response.headers.get('content-range')]).toEqual([
        range,
        status,
        text,
        contentRange,
      ])
      // A page of another origin has to see how much it was given.
      expect(response.headers.get('access-control-expose-headers')).toBe(
        'Accept-Ranges, Content-Length, Content-Range',
      )
    }
    expect((await get('bytes=10-')).status).toBe(416)
    const whole = await request(pathOf(uri))
    const etag = whole.headers.get('etag') ?? ''
    expect((await request(pathOf(uri), { headers: { 'if-none-match': etag } })).status).toBe(304)
  })

  test('need an access token, and ids cannot leave the folder', async () => {
    const { app, request, upload } = setUp()
    const uri = await upload('secret')
    expect((await app.request(pathOf(uri))).status).toBe(401)
    const old = `/_matrix/media/v3/download/${uri.slice('mxc://'.length)}`
    expect((await app.request(old)).status).toBe(404)
    expect((await request(old)).status).toBe(200)
    for (const id of ['..%2f..%2fpasswd', '%2e%2e', 'a.b', 'nothing-there']) {
      expect((await request(`/_matrix/client/v1/media/download/a.example/${id}`)).status).toBe(404)
    }
    expect((await request('/_matrix/client/v1/media/download/..%2f/abc')).status).toBe(404)
  })
})

describe('limits', () => {
  test('a file that is too large is refused, whether it says its size or not, and leaves nothing behind', async () => {
    const { request, media } = setUp({ maxUploadSize: 1_000 })
    expect(await (await request('/_matrix/client/v1/media/config')).json()).toEqual({
      'm.upload.size': 1_000,
    })
    const post = (body: BodyInit, headers: Record<string, string> = {}) =>
      request('/_matrix/media/v3/upload', { method: 'POST', body, headers, duplex: 'half' })
    expect((await post('x'.repeat(10), { 'content-length': '1001' })).status).toBe(413)
    const streamed = await post(new Blob(['x'.repeat(1_001)]).stream())
    expect([streamed.status, await streamed.json()]).toEqual([
      413,
      { errcode: 'M_TOO_LARGE', error: expect.any(String) },
    ])
    expect(await filesOnDisk()).toEqual([])
    expect((await post('x'.repeat(1_000))).status).toBe(200)
    expect(media.maxUploadSize).toBe(1_000)
  })

  test('an upload that breaks off leaves nothing behind', async () => {
    const { media } = setUp()
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield randomBytes(1_000)
      throw new Error('connection lost')
    }
    await expect(media.upload(broken(), { userId: '@alice:a.example' as UserId })).rejects.toThrow(
      'connection lost',
    )
    expect(await filesOnDisk()).toEqual([])
  })

  test('a sender that goes silent is given up', async () => {
    let expire: (() => void) | undefined
    const clock = {
      ...systemClock,
      setTimeout(fn: () => void) {
        expire = fn
        return () => undefined
      },
    }
    const { media } = setUp({ clock })
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }
    const upload = media
      .upload(silent, { userId: '@alice:a.example' as UserId })
      .catch((error: unknown) => error)
    await vi.waitFor(() => expect(expire).toBeDefined())
    expire?.()
    expect(await upload).toMatchObject({ problem: 'interrupted' })
    expect(await filesOnDisk()).toEqual([])
  })
})

describe('uploads in two steps', () => {
  test('readers wait for the file; only its announcer may send it, once', async () => {
    const { request } = setUp()
    const created = await request('/_matrix/media/v1/create', { method: 'POST' })
    const { content_uri, unused_expires_at } = (await created.json()) as {
      content_uri: string
      unused_expires_at: number
    }
    expect(unused_expires_at).toBeGreaterThan(Date.now())
    const put = (user?: string) =>
      request(
        `/_matrix/media/v3/upload/${content_uri.slice('mxc://'.length)}`,
        { method: 'PUT', body: 'late', headers: { 'content-type': 'text/plain' } },
        user,
      )
    const early = await request(`${pathOf(content_uri)}?timeout_ms=1`)
    expect([early.status, ((await early.json()) as { errcode: string }).errcode]).toEqual([
      504,
      'M_NOT_YET_UPLOADED',
    ])
    const reader = request(pathOf(content_uri))
    expect((await put('@mallory:a.example')).status).toBe(403)
    expect((await put()).status).toBe(200)
    expect(await (await reader).text()).toBe('late')
    expect((await put()).status).toBe(409)
    expect(
      (await request('/_matrix/media/v3/upload/a.example/unknown', { method: 'PUT', body: 'x' })).status,
    ).toBe(404)
  })

  test('a user cannot announce uploads without end', async () => {
    const { media } = setUp()
    const user = '@alice:a.example' as UserId
    const announce = (): void => {
      for (let i = 0; i < 1_000; i++) media.create(user)
    }
    expect(announce).toThrow(MediaError)
  })
})

describe('media of other servers', () => {
  const uri = 'mxc://b.example/abc'

  test('are fetched once, kept, and served as ours are', async () => {
    let downloads = 0
    const download: RemoteMedia['download'] = (server, mediaId) => {
      downloads += 1
      expect([server, mediaId]).toEqual(['b.example', 'abc'])
      return Promise.resolve({
        stream: new Blob(['theirs']).stream() as unknown as AsyncIterable<Uint8Array>,
        contentType: 'image/png',
        filename: 'x.png',
      })
    }
    const { request, media } = setUp({ remote: { download } })
    const answers = await Promise.all([1, 2, 3].map(() => request(pathOf(uri))))
    for (const answer of answers) expect(await answer.text()).toBe('theirs')
    expect(answers[0]?.headers.get('content-disposition')).toBe('inline; filename="x.png"')
    expect(await collect((await media.open(uri, { allowRemote: false })).stream)).toBe('theirs')
    expect(downloads).toBe(1)
  })

  test('those longest unread go when there are too many, our own and what is in use elsewhere never', async () => {
    let now = Date.now()
    const clock = { ...systemClock, now: () => (now += 2 * 60 * 60_000) }
    const bodyOf = (mediaId: string): string => mediaId.repeat(400)
    const download: RemoteMedia['download'] = (_server, mediaId) =>
      Promise.resolve({
        stream: new Blob([bodyOf(mediaId)]).stream() as unknown as AsyncIterable<Uint8Array>,
      })
    const { request, upload } = setUp({ clock, maxRemoteCache: 1_000, remote: { download } })
    const own = await upload(bodyOf('a'))
    const read = async (id: string, remote = true): Promise<number> => {
      const answer = await request(pathOf(`mxc://b.example/${id}`) + (remote ? '' : '?allow_remote=false'))
      await answer.arrayBuffer()
      return answer.status
    }
    for (const id of ['a', 'b', 'a', 'c']) expect(await read(id)).toBe(200)
    await vi.waitFor(async () => expect(await read('b', false)).toBe(404))
    expect([await read('a', false), await read('c', false)]).toEqual([200, 200])
    expect(await read('d')).toBe(200)
    await vi.waitFor(async () => expect(await read('a', false)).toBe(404))
    // The same bytes are our own file's.
    expect(await (await request(pathOf(own))).text()).toBe(bodyOf('a'))
    expect(await filesOnDisk()).toHaveLength(3)
  })

  test('a slow server keeps nobody waiting but those who want its files, and they all get theirs', async () => {
    const slow: (() => void)[] = []
    const download: RemoteMedia['download'] = async (server) => {
      if (server === 'slow.example') await new Promise<void>((resolve) => slow.push(resolve))
      return { stream: new Blob(['theirs']).stream() as unknown as AsyncIterable<Uint8Array> }
    }
    const { request } = setUp({ remote: { download } })
    const waiting = Array.from({ length: 30 }, (_, n) => request(pathOf(`mxc://slow.example/${n}`)))
    expect((await request(pathOf('mxc://quick.example/x'))).status).toBe(200)
    await vi.waitFor(() => expect(slow.length).toBeGreaterThan(0))
    expect(slow.length).toBeLessThan(30)
    const served = Promise.all(waiting)
    const open = setInterval(() => slow.splice(0).forEach((go) => go()), 1)
    expect((await served).map(({ status }) => status)).toEqual(waiting.map(() => 200))
    clearInterval(open)
  })

  test('a file that arrives damaged is not kept, and the last byte of it is never given away', async () => {
    const body = randomBytes(3_000_000)
    let sent = Buffer.from(body)
    sent[2_000_000] = (sent[2_000_000] ?? 0) ^ 1
    const sha256 = createHash('sha256').update(body).digest('hex')
    const download: RemoteMedia['download'] = () =>
      Promise.resolve({
        stream: new Blob([sent]).stream() as unknown as AsyncIterable<Uint8Array>,
        size: body.length,
        sha256,
      })
    const { request } = setUp({ remote: { download } })
    await expect((await request(pathOf(uri))).arrayBuffer()).rejects.toThrow('damaged')
    await vi.waitFor(async () => expect(await filesOnDisk()).toEqual([]))
    sent = body
    // Who asks before the failed fetch is over shares its failure.
    await vi.waitFor(async () => {
      const again = await request(pathOf(uri))
      expect(again.headers.get('etag')).toBe(`"${sha256}"`)
      expect(Buffer.from(await again.arrayBuffer()).equals(body)).toBe(true)
    })
  })

  test('failures say what failed', async () => {
    const failing = (error: Error): RemoteMedia => ({ download: () => Promise.reject(error) })
    const missing = setUp({ remote: failing(Object.assign(new Error('no'), { status: 404 })) })
    expect((await missing.request(pathOf(uri))).status).toBe(404)
    const down = setUp({ remote: failing(new Error('unreachable')) })
    expect((await down.request(pathOf(uri))).status).toBe(502)
    const stream = new Blob(['x'.repeat(2_000)]).stream() as unknown as AsyncIterable<Uint8Array>
    const large = setUp({ maxUploadSize: 1_000, remote: { download: () => Promise.resolve({ stream }) } })
    const answer = await large.request(pathOf(uri))
    expect([answer.status, ((await answer.json()) as { errcode: string }).errcode]).toEqual([
      502,
      'M_TOO_LARGE',
    ])
    expect((await large.request(`${pathOf(uri)}?allow_remote=false`)).status).toBe(404)
    expect(await filesOnDisk()).toEqual([])
  })
})
