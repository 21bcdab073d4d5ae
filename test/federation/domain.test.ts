/** Servers with domain names, in processes of their own: exchanged keys, notaries, OpenID, `.well-known`. */
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyPeerCertificate } from '../../src-main/federation/tls/verify-certificate.ts'
import { makeCertificates, type CertificateAuthority } from '../harness/process/certificates.ts'
import {
  startDomainHearth,
  startHearth,
  trustedTestArgs,
  type HearthProcess,
} from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { ownerOf } from '../harness/process/owner.ts'
import { rawRequest } from '../harness/process/raw-http.ts'
import { freePort, scratchFolder } from '../harness/process/scratch.ts'

const started: HearthProcess[] = []
let authority: CertificateAuthority
let one: HearthProcess
let two: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
let room: string

async function startDomain(label: string, args: readonly string[] = []): Promise<HearthProcess> {
  const node = await startDomainHearth(authority, { label, args })
  started.push(node)
  return node
}

/** What anybody on the federation is told. */
async function federation(node: HearthProcess, path: string): Promise<{ status: number; body: Keys }> {
  const { status, body } = await rawRequest(node.ready.federation_url + path)
  return { status, body: JSON.parse(body) as Keys }
}
interface Keys {
  readonly sub?: string
  readonly 'm.server'?: string
  readonly verify_keys: Record<string, { key: string }>
  readonly old_verify_keys: Record<string, { key: string; expired_ts: number }>
  readonly server_keys: { server_name: string; signatures: Record<string, unknown> }[]
}
const keysOf = async (node: HearthProcess): Promise<Keys> =>
  (await federation(node, '/_matrix/key/v2/server')).body

beforeAll(async () => {
  authority = makeCertificates(scratchFolder('authority'))
  ;[one, two] = await Promise.all([startDomain('one'), startDomain('two')])
  ;[alice, bob] = await Promise.all([ownerOf(one), ownerOf(two)])
  await Promise.all([alice.startSync(), bob.startSync()])
  room = await alice.createRoom({ preset: 'public_chat', invite: [bob.userId] })
  await alice.say(room, 'with the first key')
  await bob.join(room, one.serverName)
  await bob.waitFor('the room', () => bob.room(room).membership === 'join')
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all(started.map(async (node) => await node.kill()))
})

test('a new signing key is believed at once, survives a crash, and the old one goes on for what is old', async () => {
  const before = await keysOf(one)
  const [firstId = ''] = Object.keys(before.verify_keys)
  const rotated = await alice.call<{ key_id: string }>('POST', '/_hearth/v1/rotate-key', { body: {} })
  await one.kill()
  await one.start()
  const after = await keysOf(one)
  expect(Object.keys(after.verify_keys)).toEqual([rotated.key_id])
  expect(rotated.key_id).not.toBe(firstId)
  expect(after.old_verify_keys[firstId]).toEqual({
    key: before.verify_keys[firstId]?.key,
    expired_ts: expect.any(Number) as number,
  })
  await alice.say(room, 'with the second key')
  await bob.waitForText(room, 'with the second key', 30_000)
  // Somebody who has never seen the first key in use reads what was signed with it.
  const three = await startDomain('three')
  const carol = await ownerOf(three)
  await carol.startSync()
  await carol.join(room, two.serverName)
  await carol.waitFor('the room', () => carol.room(room).membership === 'join')
  const history = await carol.call<{ chunk: { content: { body?: string } }[] }>(
    'GET',
    `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages`,
    { query: { dir: 'b', limit: 100 } },
  )
  const bodies = history.chunk.map((event) => event.content.body)
  expect(bodies).toContain('with the first key')
  expect(bodies).toContain('with the second key')
  await carol.close()
}, 60_000)

test('a server whose name is its key says that it cannot have another', async () => {
  const named = await startHearth({ args: trustedTestArgs })
  started.push(named)
  const dora = await ownerOf(named)
  await expect(dora.call('POST', '/_hearth/v1/rotate-key', { body: {} })).rejects.toThrow(
    'The key of this server is its name',
  )
  expect(await dora.call('POST', '/_hearth/v1/domain-check', { body: {} })).toMatchObject({ domain: false })
  await named.kill()
}, 30_000)

test('somebody proves to another who they are, and to nobody for longer than that', async () => {
  const path = `/_matrix/client/v3/user/${encodeURIComponent(alice.userId)}/openid/request_token`
  const token = await alice.call<Record<string, string>>('POST', path, { body: {} })
  expect(token).toMatchObject({ token_type: 'Bearer', matrix_server_name: one.serverName, expires_in: 3600 })
  const userinfo = '/_matrix/federation/v1/openid/userinfo?access_token='
  const secret = token['access_token'] ?? ''
  expect(await federation(one, userinfo + secret)).toEqual({ status: 200, body: { sub: alice.userId } })
  expect((await federation(two, userinfo + secret)).status).toBe(401)
  expect((await federation(one, userinfo + alice.token)).status).toBe(401)
  // It opens nothing.
  await expect(
    alice.http.call('GET', '/_matrix/client/v3/account/whoami', { token: secret }),
  ).rejects.toMatchObject({ status: 401 })
  const other = `/_matrix/client/v3/user/${encodeURIComponent(bob.userId)}/openid/request_token`
  await expect(alice.call('POST', other, { body: {} })).rejects.toMatchObject({ status: 403 })
})

/** DER. */
async function shownCertificate(port: number): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const der = socket.getPeerX509Certificate()?.raw
  socket.destroy()
  if (der === undefined) throw new Error('no certificate was shown')
  return der
}

test('a certificate that is renewed on disk is shown within seconds, without a restart', async () => {
  const folder = scratchFolder('renewed')
  const copied = {
    ...authority,
    certFile: join(folder, 'server.pem'),
    keyFile: join(folder, 'server.key'),
  }
  copyFileSync(authority.certFile, copied.certFile)
  copyFileSync(authority.keyFile, copied.keyFile)
  const node = await startDomainHearth(copied, { label: 'renewed' })
  started.push(node)
  const port = Number(new URL(node.ready.federation_url).port)
  const before = await shownCertificate(port)
  const next = makeCertificates(scratchFolder('next-authority'))
  copyFileSync(next.certFile, copied.certFile)
  copyFileSync(next.keyFile, copied.keyFile)
  await expect
    .poll(async () => (await shownCertificate(port)).equals(before), { timeout: 10_000 })
    .toBe(false)
}, 30_000)

interface Check {
  readonly domain: boolean
  readonly steps: readonly { step: string; state: string; words: string; help?: string }[]
}
const checkOf = async (user: MatrixUser, body: object = {}): Promise<Record<string, string>> => {
  const { steps } = await user.call<Check>('POST', '/_hearth/v1/domain-check', { body })
  return Object.fromEntries(steps.map((each) => [each.step, `${each.state}: ${each.words}`]))
}

test('the guide looks at the own name, and has another server look back', async () => {
  const well = await checkOf(alice)
  expect(well).toMatchObject({
    // The names of this test are of this computer.
    name: expect.stringContaining('failed: localhost') as string,
    address: expect.stringContaining('ok: ') as string,
    port: expect.stringContaining('ok: 127.0.0.1:') as string,
    certificate: expect.stringContaining('ok: The certificate is valid for localhost') as string,
    version: expect.stringContaining('ok: Hearth') as string,
    outside: expect.stringContaining('looked back, and reaches this server') as string,
  })
  await expect(alice.call('POST', '/_hearth/v1/domain-check', { body: { ask: 'no name' } })).rejects.toThrow(
    'not a server name',
  )
  await expect(
    alice.http.call('POST', '/_hearth/v1/domain-check', { body: {}, token: bob.token }),
  ).rejects.toMatchObject({ status: 401 })
  // Who cannot be asked says nothing about this server.
  expect((await checkOf(alice, { ask: 'localhost:1' }))['outside']).toContain('unknown: localhost:1')
})

test('a certificate that nobody believes is found here and by who looks back', async () => {
  const port = await freePort()
  const self = await startHearth({
    serverName: `localhost:${port}`,
    federationListen: `127.0.0.1:${port}`,
    args: [...trustedTestArgs, '--tls-ca', authority.caFile],
  })
  started.push(self)
  const eve = await ownerOf(self)
  const found = await checkOf(eve, { ask: two.serverName })
  expect(found['port']).toContain('ok: ')
  expect(found['certificate']).toContain('failed: The certificate is self-signed')
  expect(found['outside']).toContain('failed: ')
  expect(found['outside']).toContain('cannot fetch the keys of this server')
  // Its own certificate carries the signature of the key: with another key it is another certificate.
  await eve.call('POST', '/_hearth/v1/rotate-key', { body: {} })
  const [{ key } = { key: '' }] = Object.values((await keysOf(self)).verify_keys)
  const certificate = await shownCertificate(port)
  expect(verifyPeerCertificate(certificate, [key])).toMatchObject({ verdict: 'accept' })
  await self.kill()
}, 30_000)

test('.well-known says what the settings say, at once', async () => {
  const patch = (body: object): Promise<unknown> =>
    alice.http.call('PATCH', '/_hearth/v1/settings', { token: alice.token, body })
  expect((await federation(one, '/.well-known/matrix/server')).status).toBe(404)
  await patch({
    well_known_server: 'hearth.example.org:443',
    well_known_client: 'https://hearth.example.org',
  })
  expect((await federation(one, '/.well-known/matrix/server')).body).toEqual({
    'm.server': 'hearth.example.org:443',
  })
  // For who puts the listener of clients behind a web server.
  expect(await alice.http.call('GET', '/.well-known/matrix/server')).toEqual({
    'm.server': 'hearth.example.org:443',
  })
  expect(await alice.http.call('GET', '/.well-known/matrix/client')).toEqual({
    'm.homeserver': { base_url: 'https://hearth.example.org' },
  })
  await expect(patch({ well_known_server: 'https://x/' })).rejects.toMatchObject({ status: 400 })
  await expect(patch({ well_known_client: 'x' })).rejects.toMatchObject({ status: 400 })
  await patch({ well_known_server: null, well_known_client: null })
})

test('invites by e-mail are refused in words', async () => {
  const body = { medium: 'email', address: 'x@mail.test', id_server: 'id.test', id_access_token: 'x' }
  await expect(
    alice.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/invite`, { body }),
  ).rejects.toThrow('works with no identity server')
  await expect(alice.createRoom({ invite_3pid: [body] })).rejects.toThrow('works with no identity server')
})

test('the keys of a server that is gone come from a notary that is trusted, or two of the room that agree', async () => {
  const [four, five] = await Promise.all([
    startDomain('four', ['--trusted-key-server', two.serverName]),
    startDomain('five'),
  ])
  await one.stop()
  const answer = await federation(two, `/_matrix/key/v2/query/${encodeURIComponent(one.serverName)}`)
  expect(answer.body.server_keys[0]?.server_name).toBe(one.serverName)
  expect(Object.keys(answer.body.server_keys[0]?.signatures ?? {}).sort()).toEqual(
    [one.serverName, two.serverName].sort(),
  )
  // Whoever is of the second one trusts nobody, and hears the same of the two others that knew the one that is gone.
  for (const node of [four, five]) {
    const dave = await ownerOf(node)
    await dave.startSync()
    await dave.join(room, two.serverName)
    await dave.waitFor('who made the room', () => dave.room(room).membershipOf(alice.userId) === 'join')
    await dave.close()
  }
  await one.start()
}, 60_000)
