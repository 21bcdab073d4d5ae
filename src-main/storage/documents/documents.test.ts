import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { publicKeyFromServerName } from '../../core/ids.ts'
import { verifyBytes } from '../../core/ed25519.ts'
import { decodeBase64Lenient, signaturesReady } from '../../core/signatures.ts'
import { systemClock } from '../../trace/clock.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { openDatabase } from '../database.ts'
import { DocumentError } from './document.ts'
import { openIdentity, type Identity } from './identity.ts'
import { jsonErrorPosition } from './json-position.ts'
import { openPeers } from './peers.ts'
import { openSettings, settingsWarnings } from './settings.ts'

let dir: string
beforeAll(signaturesReady)
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-documents-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function open(requested?: string): Identity {
  return openIdentity(dir, requested, { clock: systemClock, random: systemRandom })
}
function caught(fn: () => unknown): DocumentError {
  try {
    fn()
  } catch (error) {
    if (error instanceof DocumentError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
function aside(name: string): string[] {
  return readdirSync(dir).filter((file) => file.startsWith(`${name}.corrupt-`))
}

test('settings are read, changed and kept, unknown keys too', () => {
  writeFileSync(
    join(dir, 'settings.json'),
    '\uFEFF{"registration":"open","peer":"a.test=1.2.3.4:5","someday":{"x":1}}',
    { mode: 0o644 },
  )
  const settings = openSettings(dir)
  expect(settings.data).toEqual({
    registration: 'open',
    peer: ['a.test=1.2.3.4:5'],
    someday: { x: 1 },
  })
  expect(settingsWarnings(settings)).toEqual([expect.stringContaining('"someday"')])
  settings.update({ no_mdns: true, registration: undefined })
  expect(() => settings.update({ registration: 'sometimes' })).toThrow(z.ZodError)
  const again = openSettings(dir)
  expect(again.data).toEqual({ peer: ['a.test=1.2.3.4:5'], someday: { x: 1 }, no_mdns: true })
  expect(statSync(join(dir, 'settings.json')).mode & 0o777).toBe(0o600)
  expect(readdirSync(dir)).toEqual(['settings.json'])
})

test('missing settings are no file, until something is set', () => {
  expect(openSettings(dir).data).toEqual({})
  expect(readdirSync(dir)).toEqual([])
})

test.each([
  ['{\n  "registration": open\n}', 2, 19],
  ['{\n  "registration": "open",\n}', 3, 1],
  ['{\n  "registration": "op\n}', 2, 22],
  ['', 1, 1],
  ['{"a": [1, 2', 1, 12],
  ['{}\nmore', 2, 1],
  ['{\n  "no_mdns": true,\n  "registration": "maybe"\n}', 3, 3],
  ['{\n  "tls_ca": [\n    "a",\n    5]\n}', 2, 3],
  ['[]', 1, 1],
])('broken settings %j are refused with the place, and kept', (text, line, column) => {
  const path = join(dir, 'settings.json')
  writeFileSync(path, text)
  const error = caught(() => openSettings(dir))
  expect([error.line, error.column]).toEqual([line, column])
  expect(error.message).toContain(`${path}, line ${line}, column ${column}: `)
  expect(readFileSync(path, 'utf8')).toBe(text)
  caught(() => openSettings(dir))
  const copies = aside('settings.json')
  expect(copies).toHaveLength(1)
  expect(readFileSync(join(dir, String(copies[0])), 'utf8')).toBe(text)
})

test('the place of an error is found however JSON.parse words it', () => {
  const valid = JSON.stringify({ a: [1, -2.5e3, true, null, 'x\n\u2028"'], b: { c: {} } })
  for (let at = 0; at < valid.length; at++) {
    const broken = `${valid.slice(0, at)}\u0001${valid.slice(at)}`
    expect(jsonErrorPosition(broken)).toEqual({ line: 1, column: at + 1 })
  }
})

test('an unreadable file is an error, not a fresh start', () => {
  const folder = caught(() => openSettings(join(dir, 'x\0y')))
  expect(folder.message).toContain('cannot be read')
})

test('a new identity is named after its key, and stays the same', () => {
  const identity = open()
  expect(identity.isNew).toBe(true)
  expect(identity.signer.keyId).toBe('ed25519:hearth')
  const key = publicKeyFromServerName(identity.serverName)
  const bytes = Buffer.from('hello')
  const signature = decodeBase64Lenient(identity.signer.sign(bytes))
  expect(key !== undefined && signature !== undefined && verifyBytes(bytes, signature, key)).toBe(true)
  identity.setTls({ key: 'K', cert: 'C' })
  const again = open(identity.serverName)
  expect(again.isNew).toBe(false)
  expect(again.signer.publicKey).toBe(identity.signer.publicKey)
  expect(again.tls).toEqual({ key: 'K', cert: 'C' })
  expect(() => again.rotateKey()).toThrow('is its name')
  expect(statSync(join(dir, 'identity.json')).mode & 0o777).toBe(0o600)
})

test('a data folder keeps its server name', () => {
  open('example.org')
  expect(() => open('example.net')).toThrow('belongs to the server example.org')
  expect(open().serverName).toBe('example.org')
})

test.each(['not a name', 'http://x', ''])('%j is not taken as a server name', (name) => {
  expect(() => open(name)).toThrow('cannot be chosen')
  expect(readdirSync(dir)).toEqual([])
})

test("another server's key name cannot be taken, nor put into the file", () => {
  const first = open()
  const elsewhere = mkdtempSync(join(tmpdir(), 'hearth-documents-'))
  const sources = { clock: systemClock, random: systemRandom }
  expect(() => openIdentity(elsewhere, first.serverName, sources)).toThrow('cannot be chosen')
  const other = openIdentity(elsewhere, undefined, sources)
  const path = join(dir, 'identity.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace(first.serverName, other.serverName))
  expect(caught(() => open()).message).toContain('belongs to another key')
  rmSync(elsewhere, { recursive: true })
})

test('a domain rotates its key, and publishes the old one', () => {
  const identity = open('example.org')
  const { signer } = identity
  const old = { ...signer, keyId: signer.keyId, publicKey: signer.publicKey }
  const message = Buffer.from('x')
  const signature = signer.sign(message)
  identity.setTls({ key: 'K', cert: 'C' })
  identity.rotateKey()
  // Whoever held the signer before signs with the new key now.
  expect(signer.sign(message)).not.toBe(signature)
  expect(signer.keyId).not.toBe(old.keyId)
  const again = open()
  expect(again.signer.keyId).not.toBe(old.keyId)
  expect(again.signer.publicKey).not.toBe(old.publicKey)
  expect(again.oldVerifyKeys[old.keyId]?.key).toBe(old.publicKey)
  expect(again.tls).toBeUndefined()
})

test('a broken or lost identity never becomes a new one', () => {
  const path = join(dir, 'identity.json')
  open('example.org')
  openDatabase(dir).close()
  const good = readFileSync(path, 'utf8')
  for (const text of ['', '{', good.slice(0, 90), '{}', good.replace(/"seed": "./, '"seed": "')]) {
    writeFileSync(path, text)
    expect(caught(() => open()).line).toBeGreaterThan(0)
    expect(readFileSync(path, 'utf8')).toBe(text)
  }
  rmSync(path)
  expect(caught(() => open('example.org')).message).toContain('missing')
})

test('peers are remembered; a broken file is set aside', () => {
  const peer = z.object({ name: z.string() })
  openPeers(dir, peer).save([{ name: 'a' }, { name: 'b' }])
  expect(openPeers(dir, peer).peers).toEqual([{ name: 'a' }, { name: 'b' }])
  writeFileSync(join(dir, 'peers.json'), '{"peers":[{"name":"a"},{"nom":"b"}]}')
  expect(openPeers(dir, peer).peers).toEqual([{ name: 'a' }])
  writeFileSync(join(dir, 'peers.json'), '{"peers":')
  const broken = openPeers(dir, peer)
  expect(broken.peers).toEqual([])
  expect(broken.problem?.message).toContain('line 1, column 10')
  broken.save([{ name: 'c' }])
  expect(readFileSync(join(dir, String(aside('peers.json')[0])), 'utf8')).toBe('{"peers":')
  expect(openPeers(dir, peer).peers).toEqual([{ name: 'c' }])
})

test('a document that cannot be written stays what it was', () => {
  const settings = openSettings(dir)
  settings.update({ no_mdns: true })
  rmSync(dir, { recursive: true })
  expect(() => settings.update({ no_mdns: false })).toThrow('ENOENT')
  expect(settings.data).toEqual({ no_mdns: true })
  dir = mkdtempSync(join(tmpdir(), 'hearth-documents-'))
})
