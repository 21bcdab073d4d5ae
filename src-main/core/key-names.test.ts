import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  fingerprintOf,
  keyNameLabel,
  keyServerName,
  parseServerName,
  publicKeyFromServerName,
} from './ids.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => i)

test('the label is base32(key, checksum, version)', () => {
  const sum = createHash('sha256').update('hearth-name').update(key).update(Uint8Array.of(1)).digest()
  const bits = [...key, sum[0] as number, sum[1] as number, 1]
    .map((b) => b.toString(2).padStart(8, '0'))
    .join('')
  const label = (bits.match(/.{5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)])
    .join('')
  expect(label).toHaveLength(56)
  expect(keyNameLabel(key)).toBe(label)
  // Frozen: a name must mean the same key in every later version of the program.
  expect(keyNameLabel(key)).toBe('aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp' + label.slice(51))
})

test('a name gives its key back, and is a valid server name', () => {
  const name = keyServerName(key)
  expect(name).toHaveLength(62)
  expect(publicKeyFromServerName(name)).toEqual(key)
  expect(parseServerName(name)?.host).toBe(name)
  expect(fingerprintOf(name)).toBe('aaaqeaye')
})

test('any changed character is noticed', () => {
  const name = keyServerName(key)
  for (let i = 0; i < 56; i++) {
    const other = name[i] === 'b' ? 'c' : 'b'
    expect(publicKeyFromServerName(name.slice(0, i) + other + name.slice(i + 1))).toBeUndefined()
  }
})

test.each([
  'example.org',
  `${'a'.repeat(56)}.local`,
  `${keyServerName(key).toUpperCase()}`,
  `${keyServerName(key)}:8448`,
  '',
])('not a key name: %s', (name) => {
  expect(publicKeyFromServerName(name)).toBeUndefined()
})

test('keys of a wrong length are refused', () => {
  expect(() => keyNameLabel(new Uint8Array(31))).toThrow(RangeError)
})
