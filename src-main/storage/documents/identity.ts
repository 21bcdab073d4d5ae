import { createPrivateKey, createPublicKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { encodeUnpaddedBase64 } from '../../core/base64.ts'
import { isServerName, keyServerName, publicKeyFromServerName } from '../../core/ids.ts'
import { createSigner } from '../../core/signatures.ts'
import type { KeyId, ServerName, Signer } from '../../core/types.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import { DATABASE_FILE } from '../database.ts'
import { StorageError } from '../errors.ts'
import { DocumentError, openDocument } from './document.ts'

/** The fixed key id of servers whose name is their key: such a key cannot be rotated. */
const KEY_NAMED_ID = 'ed25519:hearth'
const SEED_BYTES = 32
/** Readers of key answers, this server among them, stop at 200. */
const MAX_OLD_KEYS = 150

const keyId = z.string().regex(/^ed25519:[A-Za-z0-9_]+$/)
const seed = z
  .string()
  .refine((text) => Buffer.from(text, 'base64').length === SEED_BYTES, '32 bytes in base64')

const identitySchema = z
  .looseObject({
    server_name: z.string().refine(isServerName, 'a server name'),
    key_id: keyId,
    /** The Ed25519 private key's seed, base64. Whoever has it is this server. */
    seed,
    created_ts: z.number(),
    /** Public keys that this server signed with before: key id to key and its end (`expired_ts`). */
    old_verify_keys: z.record(keyId, z.object({ key: z.string(), expired_ts: z.number() })),
    /** The federation listener's self-signed certificate, PEM; made when it is first needed. */
    tls: z.object({ key: z.string(), cert: z.string() }).optional(),
  })
  .refine((value) => nameFits(value.server_name, value.seed), {
    path: ['server_name'],
    message: 'a server name that belongs to another key',
  })
type IdentityJson = z.infer<typeof identitySchema>

/** Who this node is, for ever. */
export interface Identity {
  readonly serverName: ServerName
  /** Signs with whatever key is the current one. */
  readonly signer: Signer
  readonly createdTs: number
  readonly isNew: boolean
  readonly oldVerifyKeys: Readonly<Record<string, { key: string; expired_ts: number }>>
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined
  setTls(tls: { key: string; cert: string }): void
  /** Signs with a new key from now on; the old one is published under `old_verify_keys`. Domain names only. */
  rotateKey(): void
  /** The document, for an encrypted backup. */
  export(): Readonly<Record<string, unknown>>
}

/**
 * Opens `identity.json`, or makes a new identity on the first start: named `requested`, or after its
 * key. Open it before the database: a folder with a database but no identity is refused, as a new
 * identity would be another server. `signaturesReady` must have been awaited.
 * Throws `StorageError` for another name than the folder's, `DocumentError` for an unusable file.
 */
export function openIdentity(
  dataDir: string,
  requested: string | undefined,
  sources: { clock: Clock; random: Random },
): Identity {
  const path = join(dataDir, 'identity.json')
  const document = openDocument<IdentityJson | undefined>(path, {
    parse: (value) => identitySchema.parse(value),
    defaults: undefined,
  })
  const found = document.data
  if (found !== undefined && requested !== undefined && found.server_name !== requested) {
    throw new StorageError(
      `${dataDir} belongs to the server ${found.server_name}, and cannot be started as ${requested}: ` +
        'a data folder keeps one server name for ever. Start without --server-name, or with another --data-dir.',
    )
  }
  if (found === undefined && existsSync(join(dataDir, DATABASE_FILE))) {
    throw new DocumentError(
      path,
      'The file is missing, but there is a database of an earlier identity. Put identity.json back from a backup, or start with another --data-dir.',
    )
  }
  let current = found ?? newIdentity(requested, sources)
  if (found === undefined) document.replace(current)
  let active = signerOf(current)
  const signer: Signer = {
    serverName: active.serverName,
    get keyId() {
      return active.keyId
    },
    get publicKey() {
      return active.publicKey
    },
    sign: (bytes) => active.sign(bytes),
  }

  function replace(next: IdentityJson): void {
    document.replace(next)
    current = next
  }

  return {
    serverName: signer.serverName,
    signer,
    createdTs: current.created_ts,
    isNew: found === undefined,
    get oldVerifyKeys() {
      return current.old_verify_keys
    },
    get tls() {
      return current.tls
    },
    setTls: (tls) => replace({ ...current, tls }),
    rotateKey() {
      if (publicKeyFromServerName(signer.serverName) !== undefined) {
        throw new StorageError('The key of this server is its name, and cannot be exchanged.')
      }
      if (Object.keys(current.old_verify_keys).length >= MAX_OLD_KEYS) {
        throw new StorageError(
          `This server has exchanged its key ${MAX_OLD_KEYS} times already; others would not read more old keys.`,
        )
      }
      const old = { key: signer.publicKey, expired_ts: sources.clock.now() }
      // One durable write: whatever happens in the middle, the file has the old key or the new one.
      replace({
        ...current,
        ...unusedKey(sources.random, { ...current.old_verify_keys, [current.key_id]: old }),
        old_verify_keys: { ...current.old_verify_keys, [current.key_id]: old },
        // It carries the old key's signature.
        tls: undefined,
      })
      active = signerOf(current)
    },
    export: () => structuredClone(current),
  }
}

/** Throws `StorageError` where a data folder already belongs to a server: it keeps its identity. */
export function refuseUsedFolder(dataDir: string): void {
  const used = ['identity.json', DATABASE_FILE].find((name) => existsSync(join(dataDir, name)))
  if (used === undefined) return
  throw new StorageError(
    `${dataDir} is in use already (it has ${used}), and an identity can be restored only before the first start. Choose another --data-dir, or start without --restore-identity.`,
  )
}

/**
 * Makes `value`, which `export()` gave once, the identity of a data folder that was never started.
 * Returns its server name. Throws `StorageError` for a folder in use, another name than `requested`,
 * or a value that is no identity.
 */
export function restoreIdentity(dataDir: string, value: unknown, requested: string | undefined): ServerName {
  refuseUsedFolder(dataDir)
  const parsed = identitySchema.safeParse(value)
  if (!parsed.success)
    throw new StorageError('The backup holds no identity that this Hearth can use.', parsed.error)
  const name = parsed.data.server_name
  if (requested !== undefined && requested !== name)
    throw new StorageError(
      `The backup is of the server ${name}, and cannot be restored as ${requested}. Start without --server-name.`,
    )
  openDocument<IdentityJson | undefined>(join(dataDir, 'identity.json'), {
    parse: (json) => identitySchema.parse(json),
    defaults: undefined,
  }).replace(parsed.data)
  return name as ServerName
}

function newIdentity(requested: string | undefined, sources: { clock: Clock; random: Random }): IdentityJson {
  const created = { created_ts: sources.clock.now(), old_verify_keys: {} }
  if (requested !== undefined) {
    if (!isServerName(requested) || publicKeyFromServerName(requested) !== undefined) {
      throw new StorageError(
        `"${requested}" cannot be chosen as a server name: give a domain such as example.org, with a port or without.`,
      )
    }
    return { server_name: requested, ...newKey(sources.random), ...created }
  }
  const text = newKey(sources.random).seed
  return { server_name: keyServerName(publicKeyOf(text)), key_id: KEY_NAMED_ID, seed: text, ...created }
}

function newKey(random: Random): { key_id: string; seed: string } {
  const version = Buffer.from(random.bytes(3)).toString('hex')
  return {
    key_id: `ed25519:a_${version}`,
    seed: encodeUnpaddedBase64(random.bytes(SEED_BYTES)),
  }
}

/** A key id names one key for ever. */
function unusedKey(random: Random, used: object): { key_id: string; seed: string } {
  for (;;) {
    const key = newKey(random)
    if (!Object.hasOwn(used, key.key_id)) return key
  }
}

function signerOf(identity: IdentityJson): Signer {
  return createSigner(
    identity.server_name as ServerName,
    identity.key_id as KeyId,
    Buffer.from(identity.seed, 'base64'),
  )
}

/** A name that is a key must be this key. */
function nameFits(name: string, seedText: string): boolean {
  const key = publicKeyFromServerName(name)
  if (key === undefined) return true
  return Buffer.from(seedText, 'base64').length === SEED_BYTES && publicKeyOf(seedText).equals(key)
}

/** RFC 8410's wrapping of an Ed25519 seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

function publicKeyOf(seedText: string): Buffer {
  const der = Buffer.concat([pkcs8Prefix, Buffer.from(seedText, 'base64')])
  const jwk = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  })
  return Buffer.from(jwk.x ?? '', 'base64url')
}
