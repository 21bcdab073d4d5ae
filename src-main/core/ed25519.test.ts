import { createHash, createPrivateKey, sign } from 'node:crypto'
import sodium from 'libsodium-wrappers'
import { beforeAll, expect, test } from 'vitest'
import { verifyAside, verifyBytes } from './ed25519.ts'

beforeAll(async () => {
  await sodium.ready
})

/** The answer of libsodium, which must be that of Node, here and on a thread. */
async function verified(bytes: Uint8Array, signature: Uint8Array, key: Uint8Array): Promise<boolean> {
  const answer = bySodium(bytes, signature, key)
  expect(verifyBytes(bytes, signature, key)).toBe(answer)
  // The first of a turn is verified here, the next on a thread.
  const twice = [0, 1].map(() => verifyAside({ bytes, signature }, key))
  expect(await Promise.all(twice)).toEqual([answer, answer])
  return answer
}

function bySodium(bytes: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  if (signature.length !== sodium.crypto_sign_BYTES) return false
  if (key.length !== sodium.crypto_sign_PUBLICKEYBYTES) return false
  return sodium.crypto_sign_verify_detached(signature, bytes, key)
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

// RFC 8032, section 7.1.
test.each([
  [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
])('the vectors of RFC 8032: %s', async (key, message, signature) => {
  expect(await verified(hex(message), hex(signature), hex(key))).toBe(true)
  expect(await verified(hex(`${message}00`), hex(signature), hex(key))).toBe(false)
})

const L = 2n ** 252n + 27742317777372353535851937790883648493n
const P = 2n ** 255n - 19n
const number = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`)
const bytesOf = (value: bigint): Buffer => hex(value.toString(16).padStart(64, '0')).reverse()
const sha512 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const seed = Buffer.alloc(32, 7)
const message = Buffer.from('message')
const signed = (): { key: Buffer; signature: Buffer } => {
  const pair = sodium.crypto_sign_seed_keypair(seed)
  const signature = Buffer.from(sodium.crypto_sign_detached(message, pair.privateKey))
  return { key: Buffer.from(pair.publicKey), signature }
}

test('odd encodings are refused by both, also those that fit the equation', async () => {
  const { key, signature } = signed()
  expect(await verified(message, signature, key)).toBe(true)
  // S that is not reduced.
  const [r, s] = [signature.subarray(0, 32), number(signature.subarray(32))]
  for (const times of [1n, 7n])
    expect(await verified(message, Buffer.concat([r, bytesOf(s + times * L)]), key)).toBe(false)
  // Points of small order, as R of the right S, and as keys that would fit any message.
  const scalar = sha512(seed).subarray(0, 32)
  scalar[0] = (scalar[0] ?? 0) & 248
  scalar[31] = ((scalar[31] ?? 0) & 63) | 64
  const order8 = number(hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'))
  const small = [0n, 1n, order8, P - order8, P - 1n, P, P + 1n].flatMap((y) => [y, y + 2n ** 255n])
  for (const y of small) {
    const point = bytesOf(y)
    const k = number(sha512(point, key, message)) % L
    expect(await verified(message, Buffer.concat([point, bytesOf((k * number(scalar)) % L)]), key)).toBe(
      false,
    )
    for (const other of small) {
      const forged = Buffer.concat([bytesOf(other), Buffer.alloc(32)])
      for (const text of ['a', 'b', 'c']) expect(await verified(Buffer.from(text), forged, point)).toBe(false)
    }
  }
  // Keys that are not canonical.
  for (let more = 0n; more < 19n; more++)
    expect(await verified(message, signature, bytesOf(P + more))).toBe(false)
})

test('both agree on what was changed anywhere', async () => {
  const { key, signature } = signed()
  for (let bit = 0; bit < 512; bit += 3) {
    const changed = Buffer.from(signature)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(await verified(message, changed, key)).toBe(false)
  }
  for (let bit = 0; bit < 256; bit += 3) {
    const changed = Buffer.from(key)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(await verified(message, signature, changed)).toBe(false)
  }
  expect(await verified(message, signature.subarray(1), key)).toBe(false)
  expect(await verified(message, signature, key.subarray(1))).toBe(false)
})

test('what Node signs holds', async () => {
  const pkcs8 = Buffer.concat([hex('302e020100300506032b657004220420'), seed])
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  expect(await verified(message, sign(null, message, privateKey), signed().key)).toBe(true)
})
