import { randomBytes } from 'node:crypto'
import type { Random } from './clock.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export const systemRandom: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  bytes: (length) => new Uint8Array(randomBytes(length)),
  token(length) {
    let out = ''
    for (const byte of randomBytes(length)) out += alphabet[byte & 63]
    return out
  },
}
