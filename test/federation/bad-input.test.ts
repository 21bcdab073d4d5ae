import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { spawnHearth, startHearth, trustedTestArgs, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { rawRequest } from '../harness/process/raw-http.ts'
import { freePort, scratchFolder } from '../harness/process/scratch.ts'
import { whyNoSmallDisk } from '../harness/process/small-disk.ts'
import { until } from '../harness/process/wait.ts'

const started: HearthProcess[] = []
const users: MatrixUser[] = []

async function start(options: Parameters<typeof startHearth>[0] = {}): Promise<HearthProcess> {
  const node = await startHearth({ args: trustedTestArgs, ...options })
  started.push(node)
  return node
}

async function register(node: HearthProcess, name: string): Promise<MatrixUser> {
  const user = await MatrixUser.register(node, name)
  users.push(user)
  return user
}

/** Runs a node that must refuse to start; gives what it says. */
async function refusal(
  dataDir: string,
  listen: { clientListen?: string; federationListen?: string } = {},
): Promise<string> {
  const child = spawnHearth({
    label: 'to be refused',
    dataDir,
    clientListen: listen.clientListen ?? '127.0.0.1:0',
    federationListen: listen.federationListen ?? '127.0.0.1:0',
    args: trustedTestArgs,
  })
  const timer = setTimeout(() => void child.kill(), 15_000)
  const status = await child.exited
  clearTimeout(timer)
  expect(status.signal, child.stderr).toBe(null)
  expect(status.code, child.stderr).not.toBe(0)
  expect(child.stdout).not.toContain('"ready"')
  // A sentence for people, not a stack.
  expect(child.stderr).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m)
  return child.stderr
}

afterAll(async () => {
  await Promise.all(users.map(async (user) => await user.close()))
  await Promise.all(started.map(async (node) => await node.stop()))
}, 30_000)

describe('hostile requests', () => {
  let node: HearthProcess
  let user: MatrixUser
  let room = ''
  let sendUrl = ''
  let federation = ''

  beforeAll(async () => {
    node = await start()
    user = await register(node, 'alice')
    room = await user.createRoom()
    sendUrl = `${node.clientUrl}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message`
    federation = `https://127.0.0.1:${new URL(node.ready.federation_url).port}`
  })

  afterEach(async () => {
    expect(node.running, node.stderr).toBe(true)
    const id = await user.say(room, 'still well')
    expect((await user.event(room, id)).content['body']).toBe('still well')
  })

  const headers = () => ({ authorization: `Bearer ${user.token}` })

  test.each([
    ['{', 'M_NOT_JSON'],
    ['', 'M_NOT_JSON'],
    ['[]', 'M_BAD_JSON'],
    ['"text"', 'M_BAD_JSON'],
    [Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'M_NOT_JSON'],
    [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /M_NOT_JSON|M_BAD_JSON|M_TOO_LARGE/],
  ])('a client sends what is not an event (%#)', async (body, errcode) => {
    const answer = await rawRequest(`${sendUrl}/bad${createHash('sha1').update(body).digest('hex')}`, {
      method: 'PUT',
      headers: headers(),
      body,
    })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.errcode).toMatch(errcode)
  })

  test('a number that canonical JSON cannot hold is refused', async () => {
    for (const content of ['{"body":1e400}', '{"body":0.5}', '{"body":9007199254740993}']) {
      const answer = await rawRequest(`${sendUrl}/number${content.length}`, {
        method: 'PUT',
        headers: headers(),
        body: content,
      })
      expect([answer.status, answer.errcode]).toEqual([400, 'M_BAD_JSON'])
    }
  })

  test('an event over 65,536 bytes is refused as too large', async () => {
    const body = JSON.stringify({ msgtype: 'm.text', body: 'x'.repeat(70_000) })
    const answer = await rawRequest(`${sendUrl}/large`, { method: 'PUT', headers: headers(), body })
    expect([answer.status, answer.errcode]).toEqual([413, 'M_TOO_LARGE'])
  })

  test('a body of 100 MB is refused as too large, on both listeners', async () => {
    const body = Buffer.alloc(100 * 1024 * 1024, 0x20)
    for (const url of [`${sendUrl}/huge`, `${federation}/_matrix/federation/v1/send/huge`]) {
      const answer = await rawRequest(url, { method: 'PUT', headers: headers(), body }).catch(
        (error: unknown) => error,
      )
      // The listener may close before all is sent, which the sender may see as a broken pipe.
      if (answer instanceof Error) expect(answer.message).toMatch(/EPIPE|ECONNRESET|hang up/)
      else
        expect(answer).toMatchObject({
          status: expect.toSatisfy((status: number) => status === 413 || status === 401),
        })
    }
  })

  test('federation without a signature is refused', async () => {
    for (const path of ['send/1', 'state/!x:y', 'backfill/!x:y', 'make_join/!x:y/@a:b', 'event/$x']) {
      const method = path.startsWith('send') ? 'PUT' : 'GET'
      const answer = await rawRequest(`${federation}/_matrix/federation/v1/${path}`, {
        method,
        ...(method === 'PUT' ? { body: '{}' } : {}),
      })
      expect([path, answer.status, answer.errcode]).toEqual([path, 401, 'M_UNAUTHORIZED'])
    }
  })

  test('federation signed in the name of another server is refused', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const forger = createServer()
    await new Promise<void>((resolve) => forger.listen(0, '127.0.0.1', resolve))
    const address = forger.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    forger.on('connection', (socket) => socket.destroy())
    const content = { origin: `localhost:${port}`, origin_server_ts: 1, pdus: [] }
    const uri = '/_matrix/federation/v1/send/forged'
    try {
      for (const origin of [
        node.serverName,
        `localhost:${port}`,
        'no such name',
        `${'a'.repeat(56)}.local`,
      ]) {
        const signed = { content, destination: node.serverName, method: 'PUT', origin, uri }
        const signature = sign(null, Buffer.from(JSON.stringify(signed)), privateKey)
          .toString('base64')
          .replace(/=+$/, '')
        const authorization = `X-Matrix origin="${origin}",destination="${node.serverName}",key="ed25519:hearth",sig="${signature}"`
        const answer = await rawRequest(federation + uri, {
          method: 'PUT',
          headers: { authorization },
          body: JSON.stringify(content),
        })
        expect([origin, answer.status]).toEqual([
          origin,
          expect.toSatisfy((status: number) => status === 401 || status === 403),
        ])
      }
    } finally {
      forger.close()
    }
  })

  test.each([
    'X-Matrix',
    'X-Matrix origin=',
    'X-Matrix origin="a",origin="b",key="",sig=""',
    `X-Matrix ${'a=b,'.repeat(3000)}`,
    'Bearer x',
    'X-Matrix origin="localhost:1",key="ed25519:x",sig="!!!"',
  ])('a malformed X-Matrix header is refused (%#)', async (authorization) => {
    const answer = await rawRequest(`${federation}/_matrix/federation/v1/send/x`, {
      method: 'PUT',
      headers: { authorization },
      body: '{"pdus":[]}',
    })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })
})

describe('what a node refuses to start on', () => {
  test('a corrupted settings.json is told by file and line, and is left as it is', async () => {
    const node = await start()
    await node.stop()
    const path = join(node.dataDir, 'settings.json')
    const broken = '{\n  "display_name": "Mia",\n  "registration": open\n}\n'
    writeFileSync(path, broken)
    const said = await refusal(node.dataDir)
    expect(said).toContain('settings.json')
    expect(said).toMatch(/(line |:)3\b/)
    expect(readFileSync(path, 'utf8')).toBe(broken)
  })

  test('a corrupted identity.json never leads to a new identity', async () => {
    const node = await start()
    const name = node.serverName
    await node.stop()
    const path = join(node.dataDir, 'identity.json')
    const good = readFileSync(path, 'utf8')
    writeFileSync(path, good.slice(0, good.length / 2))
    expect(await refusal(node.dataDir)).toContain('identity.json')
    writeFileSync(path, good)
    await node.start()
    expect(node.serverName).toBe(name)
  })

  test('a database of a newer version is left as it is', async () => {
    const node = await start()
    await node.stop()
    const file = join(node.dataDir, 'hearth.db')
    const database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 100000; PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
    const before = createHash('sha256').update(readFileSync(file)).digest('hex')
    expect(await refusal(node.dataDir)).toMatch(/newer/i)
    expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(before)
  })

  test('what is not a database is told, and is left as it is', async () => {
    const node = await start()
    await node.stop()
    const file = join(node.dataDir, 'hearth.db')
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
    writeFileSync(file, 'this was a database once\n'.repeat(1000))
    expect(await refusal(node.dataDir)).toContain(file)
    expect(readFileSync(file, 'utf8')).toContain('this was a database once')
  })

  test.each(['clientListen', 'federationListen'] as const)('a port in use is told (%s)', async (option) => {
    const port = await freePort()
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
    const said = await refusal(scratchFolder('node'), { [option]: `127.0.0.1:${port}` })
    expect(said).toContain(String(port))
    expect(said).toMatch(/in use/)
    squatter.close()
  })

  test('a second process on the same data folder is refused, and the first goes on', async () => {
    const node = await start()
    const user = await register(node, 'alice')
    const room = await user.createRoom()
    expect(await refusal(node.dataDir)).toMatch(/in use|already|another Hearth/)
    await user.say(room, 'still well')
  })

  test('the same data folder under another server name is refused', async () => {
    const node = await start({ serverName: 'one.example.org' })
    await node.stop()
    const child = spawnHearth({
      dataDir: node.dataDir,
      serverName: 'two.example.org',
      clientListen: '127.0.0.1:0',
      federationListen: '127.0.0.1:0',
      args: trustedTestArgs,
    })
    expect((await child.exited).code).not.toBe(0)
    expect(child.stderr).toContain('one.example.org')
  })

  test.skipIf(process.platform === 'win32')('the data folder is readable by its owner only', async () => {
    const node = await start()
    expect(statSync(node.dataDir).mode & 0o077).toBe(0)
    const open = readdirSync(node.dataDir).filter(
      (name) => (statSync(join(node.dataDir, name)).mode & 0o077) !== 0,
    )
    expect(open).toEqual([])
  })
})

const noMount = whyNoSmallDisk()

describe.skipIf(noMount !== undefined)(
  `a full disk${noMount === undefined ? '' : ` (skipped: ${noMount})`}`,
  () => {
    test('is told, loses nothing that was acknowledged, and heals when space is freed', async () => {
      const disk = scratchFolder('disk')
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk])
      let node: HearthProcess | undefined
      try {
        const dataDir = join(disk, 'data')
        mkdirSync(dataDir, { mode: 0o700 })
        node = await startHearth({ dataDir, args: trustedTestArgs })
        const user = await register(node, 'alice')
        const room = await user.createRoom()
        const kept = [await user.say(room, 'before')]
        const ballast = join(disk, 'ballast')
        expect(() => {
          for (let n = 0; ; n++) writeFileSync(`${ballast}${n}`, Buffer.alloc(64 * 1024))
        }).toThrow(/ENOSPC/)
        const refused = await until('a message is refused', async () => {
          try {
            kept.push(await user.say(room, 'x'.repeat(20_000)))
            return undefined
          } catch (error) {
            return error
          }
        })
        expect(refused).toMatchObject({ status: expect.toSatisfy((status: number) => status >= 500) })
        expect(String(refused)).toMatch(/disk|space|full/i)
        expect(node.running, node.stderr).toBe(true)
        for (const id of kept) expect((await user.event(room, id)).event_id).toBe(id)
        for (const name of readdirSync(disk)) if (name.startsWith('ballast')) rmSync(join(disk, name))
        kept.push(await until('a message is accepted again', async () => await user.say(room, 'after')))
        await node.kill()
        await node.start()
        for (const id of kept) expect((await user.event(room, id)).event_id).toBe(id)
      } finally {
        await node?.kill()
        execFileSync('umount', ['-l', disk])
      }
    }, 60_000)
  },
)
