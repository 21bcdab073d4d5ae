import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { z } from 'zod'
import { StorageError } from './errors.ts'

/** A backup cannot be made or read; the message is a sentence for people. */
export class IdentityBackupError extends StorageError {
  override name = 'IdentityBackupError'
}

export const MIN_PASSPHRASE_LENGTH = 8
const MAX_PASSPHRASE_LENGTH = 1024

const FORMAT = 'hearth-identity-backup'
const VERSION = 1
const KEY_BYTES = 32
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** scrypt needs 128·n·r bytes: 128 MiB for each guess, as the key that it guards can never be exchanged. */
const COST = { n: 2 ** 17, r: 8, p: 1 }
/** What a file may ask for: a foreign one must not take all of the memory. */
const MAX_MEMORY = 2 ** 30

const base64 = (bytes?: number) =>
  z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((value) => bytes === undefined || value.length === bytes)

const kdfSchema = z
  .object({
    name: z.literal('scrypt'),
    n: z
      .number()
      .int()
      .min(2)
      .refine((n) => Number.isInteger(Math.log2(n))),
    r: z.number().int().min(1),
    p: z.number().int().min(1).max(16),
    salt: base64(SALT_BYTES),
  })
  .refine(({ n, r }) => 128 * n * r <= MAX_MEMORY)

/** Any version of it, to tell a newer one from a damaged one. */
const envelopeSchema = z.object({ format: z.literal(FORMAT), version: z.number() })

const backupSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  kdf: kdfSchema,
  cipher: z.object({ name: z.literal('aes-256-gcm'), nonce: base64(NONCE_BYTES) }),
  /** With the 16 bytes of the tag at its end. */
  ciphertext: base64().refine((value) => value.length > TAG_BYTES),
  /** SHA-256 over everything else: tells a damaged file from a wrong passphrase. */
  checksum: base64(32),
})
type Backup = z.infer<typeof backupSchema>
type Header = Pick<Backup, 'kdf' | 'cipher'>

/**
 * The identity as text for a file: JSON, encrypted by AES-256-GCM with a key that scrypt makes of the
 * passphrase. Throws `IdentityBackupError` for a passphrase of fewer than 8 characters.
 */
export async function encryptIdentity(exported: object, passphrase: string): Promise<string> {
  checkPassphrase(passphrase)
  const header: Header = {
    kdf: { name: 'scrypt', ...COST, salt: randomBytes(SALT_BYTES) },
    cipher: { name: 'aes-256-gcm', nonce: randomBytes(NONCE_BYTES) },
  }
  const key = await deriveKey(passphrase, header.kdf)
  const cipher = createCipheriv('aes-256-gcm', key, header.cipher.nonce).setAAD(headerBytes(header))
  const ciphertext = Buffer.concat([
    cipher.update(JSON.stringify(exported), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  const document = {
    ...headerJson(header),
    ciphertext: ciphertext.toString('base64'),
    checksum: checksumOf(header, ciphertext).toString('base64'),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/**
 * The identity that `encryptIdentity` was given; its content is for the caller to check. Throws
 * `IdentityBackupError` for a wrong passphrase, a damaged file, another kind of file, another version.
 */
export async function decryptIdentity(text: string, passphrase: string): Promise<unknown> {
  const backup = parseBackup(text)
  const tagAt = backup.ciphertext.length - TAG_BYTES
  const key = await deriveKey(passphrase, backup.kdf)
  const decipher = createDecipheriv('aes-256-gcm', key, backup.cipher.nonce, { authTagLength: TAG_BYTES })
    .setAAD(headerBytes(backup))
    .setAuthTag(backup.ciphertext.subarray(tagAt))
  try {
    const plain = Buffer.concat([decipher.update(backup.ciphertext.subarray(0, tagAt)), decipher.final()])
    return JSON.parse(plain.toString('utf8')) as unknown
  } catch (error) {
    throw new IdentityBackupError('The passphrase does not open this identity backup.', error)
  }
}

function parseBackup(text: string): Backup {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damaged(error)
  }
  const envelope = envelopeSchema.safeParse(value).data
  if (envelope === undefined) throw new IdentityBackupError('This file is not an identity backup of Hearth.')
  if (envelope.version !== VERSION) {
    throw new IdentityBackupError(
      `This identity backup has version ${envelope.version}, and this Hearth reads version ${VERSION}. Use the Hearth that made it, or a newer one.`,
    )
  }
  const backup = backupSchema.safeParse(value)
  if (!backup.success) throw damaged(backup.error)
  if (!timingSafeEqual(backup.data.checksum, checksumOf(backup.data, backup.data.ciphertext))) throw damaged()
  return backup.data
}

const damaged = (cause?: unknown): IdentityBackupError =>
  new IdentityBackupError('This identity backup is damaged. Use another copy of it.', cause)

/** Throws `IdentityBackupError` for a passphrase that is too short or absurdly long. */
function checkPassphrase(passphrase: string): void {
  const length = Array.from(passphrase).length
  if (length < MIN_PASSPHRASE_LENGTH)
    throw new IdentityBackupError(`The passphrase needs at least ${MIN_PASSPHRASE_LENGTH} characters.`)
  if (length > MAX_PASSPHRASE_LENGTH)
    throw new IdentityBackupError(`The passphrase may have at most ${MAX_PASSPHRASE_LENGTH} characters.`)
}

function headerJson({ kdf, cipher }: Header) {
  return {
    format: FORMAT,
    version: VERSION,
    kdf: { name: kdf.name, n: kdf.n, r: kdf.r, p: kdf.p, salt: kdf.salt.toString('base64') },
    cipher: { name: cipher.name, nonce: cipher.nonce.toString('base64') },
  }
}

const headerBytes = (header: Header): Buffer => Buffer.from(JSON.stringify(headerJson(header)))

function checksumOf(header: Header, ciphertext: Buffer): Buffer {
  return createHash('sha256').update(headerBytes(header)).update(ciphertext).digest()
}

function deriveKey(passphrase: string, { n, r, p, salt }: Header['kdf']): Promise<Buffer> {
  // Keyboards compose the same letter in different ways.
  const text = passphrase.normalize('NFKC')
  const options = { N: n, r, p, maxmem: 128 * r * (n + p + 4) }
  return new Promise((resolve, reject) => {
    scrypt(text, salt, KEY_BYTES, options, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}
