import { expect, test } from 'vitest'
import { decryptIdentity, encryptIdentity, IdentityBackupError } from './identity-backup.ts'

const identity = { server_name: 'example.org', seed: 'c2VjcmV0', old_verify_keys: {} }
const passphrase = 'a warm fire at night'

async function refusal(text: string, words = passphrase): Promise<string> {
  try {
    await decryptIdentity(text, words)
  } catch (error) {
    if (error instanceof IdentityBackupError) return error.message
    throw error
  }
  throw new Error('it was read')
}

test('what is encrypted is read again, and is nowhere in the text', async () => {
  const text = await encryptIdentity(identity, passphrase)
  expect(text).not.toContain('c2VjcmV0')
  expect(text).not.toContain(Buffer.from('c2VjcmV0').toString('base64'))
  expect(await decryptIdentity(text, passphrase)).toEqual(identity)
  // The same passphrase gives another key and another text each time.
  expect(await encryptIdentity(identity, passphrase)).not.toBe(text)
})

test('letters that look the same are the same passphrase', async () => {
  const text = await encryptIdentity(identity, 'caf\u00e9 caf\u00e9')
  expect(await decryptIdentity(text, 'cafe\u0301 cafe\u0301')).toEqual(identity)
})

test('a wrong passphrase, a damaged file, another file and another version are told apart', async () => {
  const text = await encryptIdentity(identity, passphrase)
  const json = JSON.parse(text) as Record<string, string> & { kdf: object }
  const changed = (change: object): string => JSON.stringify({ ...json, ...change })
  expect(await refusal(text, 'a cold fire at night')).toContain('passphrase')
  expect(await refusal(text, '')).toContain('passphrase')
  const bytes = Buffer.from(json['ciphertext'] ?? '', 'base64')
  bytes[3] = (bytes[3] ?? 0) ^ 1
  for (const broken of [
    text.slice(0, text.length / 2),
    '',
    changed({ ciphertext: bytes.toString('base64') }),
    changed({ ciphertext: 'AAAA' }),
    changed({ checksum: undefined }),
    changed({ kdf: { ...json.kdf, p: 2 } }),
    // It would need 16 GiB.
    changed({ kdf: { ...json.kdf, n: 2 ** 24 } }),
    changed({ kdf: { ...json.kdf, n: 100_000 } }),
  ]) {
    expect(await refusal(broken)).toContain('damaged')
  }
  for (const other of ['{}', 'null', '[1]', '{"format":"something","version":1}'])
    expect(await refusal(other)).toContain('not an identity backup')
  expect(await refusal(changed({ version: 2 }))).toContain('version 2')
})

test('a short passphrase is refused', async () => {
  await expect(encryptIdentity(identity, '1234567')).rejects.toThrow('at least 8 characters')
  await expect(encryptIdentity(identity, '🔥🔥🔥🔥')).rejects.toThrow('at least 8 characters')
  await expect(encryptIdentity(identity, 'x'.repeat(2000))).rejects.toThrow('at most')
})
