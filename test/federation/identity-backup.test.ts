import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  loginToken,
  spawnHearth,
  startHearth,
  trustedTestArgs,
  type HearthProcess,
} from '../harness/process/hearth.ts'
import { scratchFolder } from '../harness/process/scratch.ts'

const passphrase = 'a warm fire at night'
const started: HearthProcess[] = []
let original: HearthProcess
let token: string
let file: string

async function post(path: string, body: object, bearer?: string): Promise<Response> {
  return await fetch(original.clientUrl + path, {
    method: 'POST',
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    body: JSON.stringify(body),
  })
}

const identityOf = (dataDir: string): unknown =>
  JSON.parse(readFileSync(join(dataDir, 'identity.json'), 'utf8'))
const restoring = (path: string): string[] => [...trustedTestArgs, '--restore-identity', path]

/** Runs a node that must refuse to start; gives what it says. */
async function refusal(dataDir: string, path: string, env?: Record<string, string>): Promise<string> {
  const child = spawnHearth({
    dataDir,
    clientListen: '127.0.0.1:0',
    federationListen: '127.0.0.1:0',
    args: restoring(path),
    ...(env === undefined ? {} : { env }),
  })
  expect((await child.exited).code).toBe(1)
  expect(child.stdout).toBe('')
  return child.stderr
}

beforeAll(async () => {
  original = await startHearth({ args: trustedTestArgs })
  started.push(original)
  const login = await post('/_matrix/client/v3/login', {
    type: 'm.login.token',
    token: loginToken(original.ready),
  })
  token = ((await login.json()) as { access_token: string }).access_token
  file = join(scratchFolder('backup'), 'backup.json')
})
afterAll(async () => {
  await Promise.all(started.map(async (node) => await node.kill()))
})

test('the owner is given an encrypted backup, others and short passphrases are not', async () => {
  expect((await post('/_hearth/v1/identity-backup', { passphrase })).status).toBe(401)
  const short = await post('/_hearth/v1/identity-backup', { passphrase: 'short' }, token)
  expect(short.status).toBe(400)
  expect(await short.text()).toContain('at least 8 characters')
  const answer = await post('/_hearth/v1/identity-backup', { passphrase }, token)
  expect(answer.status).toBe(200)
  const text = await answer.text()
  const { seed } = identityOf(original.dataDir) as { seed: string }
  expect(text).not.toContain(seed)
  writeFileSync(file, text)
})

test('a fresh folder becomes the same server, with the same keys, and starts again as such', async () => {
  const restored = await startHearth({ args: restoring(file), env: { HEARTH_PASSPHRASE: passphrase } })
  started.push(restored)
  expect(restored.serverName).toBe(original.serverName)
  expect(identityOf(restored.dataDir)).toEqual(identityOf(original.dataDir))
  expect(restored.stderr).toContain(`The identity of ${original.serverName} is restored`)
  expect(restored.stderr).not.toContain(passphrase)
  await restored.stop()
  // The folder is in use now, and its identity stays.
  const said = await refusal(restored.dataDir, file, { HEARTH_PASSPHRASE: passphrase })
  expect(said).toContain('in use already')
  const again = await startHearth({ dataDir: restored.dataDir, args: trustedTestArgs })
  started.push(again)
  expect(again.serverName).toBe(original.serverName)
})

test('what cannot be restored is told, and leaves no identity behind', async () => {
  const dataDir = scratchFolder('node')
  const damaged = join(dataDir, 'damaged.json')
  writeFileSync(damaged, readFileSync(file, 'utf8').slice(0, 300))
  const right = { HEARTH_PASSPHRASE: passphrase }
  expect(await refusal(dataDir, file, { HEARTH_PASSPHRASE: 'another one' })).toContain('passphrase')
  expect(await refusal(dataDir, file)).toContain('HEARTH_PASSPHRASE')
  expect(await refusal(dataDir, damaged, right)).toContain('damaged')
  expect(await refusal(dataDir, join(dataDir, 'nothing.json'), right)).toContain('cannot be read')
  writeFileSync(join(dataDir, 'settings.json'), '{"server_name":"example.org"}')
  expect(await refusal(dataDir, file, right)).toContain('cannot be restored as example.org')
  expect(existsSync(join(dataDir, 'identity.json'))).toBe(false)
  expect(existsSync(join(dataDir, 'hearth.db'))).toBe(false)
})
