import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startHearth, trustedTestArgs, type HearthProcess } from '../harness/process/hearth.ts'
import type { BytesAnswer } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { freePort } from '../harness/process/scratch.ts'
import { until } from '../harness/process/wait.ts'

/** A way to the sending node that lets through so much, and can break. */
class Line {
  /** Bytes that went to the fetching node. */
  passed = 0
  /** Some connection has come to its limit. */
  isHeld = false
  private limit = Number.POSITIVE_INFINITY
  private readonly server: Server
  private readonly pairs = new Set<readonly [near: Socket, far: Socket]>()

  constructor(target: () => number) {
    this.server = createServer((near) => {
      const far = connect(target(), '127.0.0.1')
      const pair = [near, far] as const
      this.pairs.add(pair)
      near.pipe(far)
      let own = 0
      far.on('data', (chunk: Buffer) => {
        this.passed += chunk.length
        own += chunk.length
        near.write(chunk)
        if (own < this.limit) return
        this.isHeld = true
        far.pause()
      })
      const end = (): void => {
        far.destroy()
        this.pairs.delete(pair)
      }
      near.on('close', end).on('error', end)
      // What counts as passed arrives, even when the one that sent it is gone meanwhile.
      const flush = (): void => void near.end()
      far.on('close', flush).on('error', flush)
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  /** So many bytes for each connection that is made from now on, then silence. */
  hold(bytes: number): void {
    this.cut()
    this.passed = 0
    this.isHeld = false
    this.limit = bytes
  }

  open(): void {
    this.limit = Number.POSITIVE_INFINITY
    for (const [, far] of this.pairs) far.resume()
  }

  cut(): void {
    for (const [near, far] of this.pairs) {
      near.destroy()
      far.destroy()
    }
  }

  close(): void {
    this.cut()
    this.server.close()
  }
}

const size = 24_000_000
let sender: HearthProcess
let fetcher: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
const line: Line = new Line(() => Number(new URL(sender.ready.federation_url).port))

beforeAll(async () => {
  // Named by domains, as only then a static address is the only way to somebody.
  const start = async (label: string, ...args: string[]): Promise<HearthProcess> => {
    const at = await freePort()
    return await startHearth({
      label,
      serverName: `localhost:${at}`,
      federationListen: `127.0.0.1:${at}`,
      args: [...trustedTestArgs, '--insecure-skip-tls-verify', ...args],
    })
  }
  sender = await start('sender')
  fetcher = await start('fetcher', '--peer', `${sender.serverName}=127.0.0.1:${await line.listen()}`)
  alice = await MatrixUser.register(sender, 'alice')
  bob = await MatrixUser.register(fetcher, 'bob')
}, 60_000)

afterEach(() => line.open())

afterAll(async () => {
  line.close()
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([sender?.stop(), fetcher?.stop()])
}, 30_000)

async function upload(body: Buffer, type = 'video/mp4'): Promise<string> {
  const headers = { 'content-type': type }
  const answer = await alice.http.bytes('POST', '/_matrix/media/v3/upload', {
    token: alice.token,
    body,
    headers,
  })
  const { content_uri: uri } = JSON.parse(answer.body.toString()) as { content_uri: string }
  return uri.slice('mxc://'.length)
}

const get = async (uri: string, headers: Record<string, string> = {}): Promise<BytesAnswer> =>
  bob.http.bytes('GET', `/_matrix/client/v1/media/download/${uri}`, { token: bob.token, headers })

const held = (): Promise<boolean> => until('the line is held', () => line.isHeld)

const partialDir = (): string => join(fetcher.dataDir, 'media', 'partial')

/**
 * What went through the line may still lie in buffers on the way, on a busy machine most of it; and a part that is
 * far from having come is answered without it. So it is the disk that is asked.
 */
const onDisk = (bytes: number): Promise<boolean> =>
  until(`${bytes} bytes are on the disk`, () =>
    readdirSync(partialDir()).some((name) => statSync(join(partialDir(), name)).size >= bytes),
  )

test('a film is played and sought in while it is still coming', async () => {
  const film = randomBytes(size)
  const uri = await upload(film)
  line.hold(10_000_000)
  const beginning = await get(uri, { range: 'bytes=0-999999' })
  expect([beginning.status, beginning.headers['content-range']]).toEqual([206, `bytes 0-999999/${size}`])
  expect(beginning.body.equals(film.subarray(0, 1_000_000))).toBe(true)
  await held()
  const later = await get(uri, { range: 'bytes=5000000-5999999' })
  expect(later.body.equals(film.subarray(5_000_000, 6_000_000))).toBe(true)
  // Far ahead of what has come: where films often have their table of contents.
  const end = await get(uri, { range: 'bytes=20000000-' })
  expect([end.status, end.headers['content-range']]).toEqual([206, `bytes 20000000-${size - 1}/${size}`])
  expect(end.body.equals(film.subarray(20_000_000))).toBe(true)
  const soon = get(uri, { range: 'bytes=11000000-11999999' })
  const whole = get(uri)
  line.open()
  expect((await soon).body.equals(film.subarray(11_000_000, 12_000_000))).toBe(true)
  expect((await whole).body.equals(film)).toBe(true)
  // One fetch served all of them, but for the end.
  expect(line.passed).toBeLessThan(size * 1.3)
}, 60_000)

test('a broken connection is continued where it broke', async () => {
  const film = randomBytes(size)
  const uri = await upload(film)
  line.hold(10_000_000)
  const whole = get(uri)
  await onDisk(9_500_000)
  line.cut()
  line.open()
  expect((await whole).body.equals(film)).toBe(true)
  expect(line.passed).toBeLessThan(size * 1.1)
}, 60_000)

test('what has come is kept over a crash of the fetching node', async () => {
  const film = randomBytes(size)
  const uri = await upload(film)
  line.hold(16_000_000)
  const lost = get(uri).catch(() => undefined)
  await onDisk(15_500_000)
  await fetcher.kill()
  await lost
  line.cut()
  line.hold(Number.POSITIVE_INFINITY)
  await fetcher.start()
  expect((await get(uri)).body.equals(film)).toBe(true)
  expect(line.passed).toBeLessThan(size * 0.4)
  await until('nothing half is left', () => readdirSync(partialDir()).length === 0)
}, 60_000)

test('the sending node may be restarted in the middle', async () => {
  const film = randomBytes(size)
  const uri = await upload(film)
  line.hold(10_000_000)
  const whole = get(uri)
  await onDisk(9_500_000)
  await sender.kill()
  await sender.start()
  line.open()
  expect((await whole).body.equals(film)).toBe(true)
  expect(line.passed).toBeLessThan(size * 1.1)
}, 60_000)

test('a picture of another server has a thumbnail, and what is not there is said so', async () => {
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const uri = await upload(picture, 'image/png')
  const path = `/_matrix/client/v1/media/thumbnail/${uri}?width=32&height=32&method=crop`
  const answer = await bob.http.bytes('GET', path, { token: bob.token })
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/png'])
  const missing = await get(`${sender.serverName}/nothing`)
  expect(missing.status).toBe(404)
}, 60_000)

/** Files under `media/`, without what is being made. */
function filesOf(node: HearthProcess): string[] {
  const entries = readdirSync(join(node.dataDir, 'media'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

const hashOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex')

test('a deleted picture goes from the disks of both servers, and what others still show stays', async () => {
  const room = await alice.createRoom({ preset: 'public_chat' })
  await bob.startSync()
  await bob.join(room, sender.serverName)
  const [gone, twice, hidden] = [randomBytes(5_000), randomBytes(5_000), randomBytes(5_000)]
  const send = async (uri: string, user = alice): Promise<string> =>
    user.sendEvent(room, 'm.room.message', {
      msgtype: 'm.image',
      body: 'picture',
      file: { url: `mxc://${uri}` },
    })
  const uris = {
    gone: await upload(gone, 'image/png'),
    twice: await upload(twice, 'image/png'),
    again: await upload(twice, 'image/png'),
    hidden: await upload(hidden, 'image/png'),
  }
  const [goneEvent, twiceEvent] = [await send(uris.gone), await send(uris.twice)]
  await send(uris.again)
  // Somebody names a file of Alice that nobody can see otherwise, and deletes that message again.
  const trap = await send(uris.hidden, bob)
  for (const uri of Object.values(uris)) expect((await get(uri)).status).toBe(200)
  await until('bob has the messages', () => bob.room(room).has(twiceEvent) && bob.room(room).has(trap))
  for (const body of [gone, twice, hidden]) {
    await until('both have the file', () =>
      [sender, fetcher].every((node) => filesOf(node).includes(hashOf(body))),
    )
  }
  await bob.redact(room, trap)
  await alice.redact(room, twiceEvent)
  await alice.redact(room, goneEvent)
  await until('the file is gone from both disks', () =>
    [sender, fetcher].every((node) => !filesOf(node).includes(hashOf(gone))),
  )
  expect((await get(uris.gone)).status).toBe(404)
  expect((await get(uris.again)).body.equals(twice)).toBe(true)
  await until('Alice\u2019s server knows that the other message is gone', async () => {
    const event = await alice.event(room, trap)
    return Object.keys(event.content).length === 0
  })
  expect(filesOf(sender)).toContain(hashOf(hidden))
}, 60_000)

test('who uploaded a file may delete it, and nobody else', async () => {
  const body = randomBytes(5_000)
  const uri = await upload(body)
  const path = `/_hearth/v1/media/${uri}`
  const carol = await MatrixUser.register(sender, 'carol')
  expect((await carol.http.bytes('DELETE', path, { token: carol.token })).status).toBe(403)
  expect((await alice.http.bytes('DELETE', path, { token: alice.token })).status).toBe(200)
  expect(filesOf(sender)).not.toContain(hashOf(body))
  expect((await alice.http.bytes('DELETE', path, { token: alice.token })).status).toBe(404)
  await carol.close()
}, 60_000)
