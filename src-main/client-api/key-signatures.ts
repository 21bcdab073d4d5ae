import { isObject, own, ownString } from '../core/json.ts'
import { verifyJsonSignature } from '../core/signatures.ts'
import type { JsonObject, UserId } from '../core/types.ts'
import type { Ctx } from './context.ts'
import { userIdOf } from './ids.ts'
import type { CrossSigningUsage } from './ports.ts'
import { addSignatures, isSame, unsigned } from './signed-keys.ts'

type Refusal = { errcode: string; error: string }
type Signed = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>

const notThere: Refusal = { errcode: 'M_NOT_FOUND', error: 'There is no such key to sign' }
const different: Refusal = { errcode: 'M_INVALID_SIGNATURE', error: 'This is not the key that is here' }
const wrong: Refusal = { errcode: 'M_INVALID_SIGNATURE', error: 'The signature does not fit' }

/**
 * Client-server `POST /keys/signatures/upload`: a user signs their own devices by their self-signing key, their
 * master key by their devices, and other people's master keys by their user-signing key. Answers what failed,
 * by user and key.
 */
export function uploadSignatures(ctx: Ctx, signer: UserId, body: Signed): JsonObject {
  const failures: { [user: string]: JsonObject } = {}
  for (const [id, objects] of Object.entries(body)) {
    const user = userIdOf(id, 'user id')
    for (const [keyId, signed] of Object.entries(objects)) {
      const refusal =
        user === signer ? signOwn(ctx, signer, keyId, signed) : signOther(ctx, signer, user, keyId, signed)
      if (refusal !== undefined) (failures[user] ??= {})[keyId] = refusal
    }
  }
  return failures
}

function signOwn(ctx: Ctx, user: UserId, keyId: string, signed: JsonObject): Refusal | undefined {
  const { accounts, keys } = ctx
  const device = accounts.deviceKeys(user).get(keyId)
  if (device !== undefined) {
    const added = valid(device, signed, user, signingKey(ctx, user, 'self_signing'))
    if ('errcode' in added) return added
    keys.changeDevices(user, [keyId], () =>
      accounts.putDeviceKeys(user, keyId, withOwn(device, user, added.by)),
    )
    return undefined
  }
  const master = accounts.crossSigningKey(user, 'master')
  if (master === undefined || publicKeyIn(master) !== keyId) return notThere
  const devices = new Map<string, string>()
  for (const [deviceId, ofDevice] of accounts.deviceKeys(user)) {
    const publicKey = ownString(own(ofDevice, 'keys'), `ed25519:${deviceId}`)
    if (publicKey !== undefined) devices.set(`ed25519:${deviceId}`, publicKey)
  }
  const added = valid(master, signed, user, devices)
  if ('errcode' in added) return added
  keys.changeSigningKeys(user, () =>
    accounts.putCrossSigningKey(user, 'master', withOwn(master, user, added.by)),
  )
  return undefined
}

/** Kept for the signer alone; their own other devices are told. */
function signOther(
  ctx: Ctx,
  signer: UserId,
  user: UserId,
  keyId: string,
  signed: JsonObject,
): Refusal | undefined {
  const { accounts, notifier } = ctx
  const master = ctx.keys.masterKey(user)
  if (master === undefined || publicKeyIn(master) !== keyId) return notThere
  const added = valid(master, signed, signer, signingKey(ctx, signer, 'user_signing'))
  if ('errcode' in added) return added
  accounts.transaction(() => {
    for (const [id, signature] of Object.entries(added.by)) {
      accounts.putKeySignature(signer, user, keyId, id, signature)
    }
    accounts.markDeviceListChanged(signer)
  })
  notifier.wake([signer])
  return undefined
}

/** Those of `signer`'s signatures that are made by one of `allowed`, all of which must hold. */
function valid(
  known: JsonObject,
  signed: JsonObject,
  signer: UserId,
  allowed: ReadonlyMap<string, string>,
): { by: Record<string, string> } | Refusal {
  if (!isSame(unsigned(known), unsigned(signed))) return different
  const by: Record<string, string> = {}
  const given = own(own(signed, 'signatures'), signer)
  for (const [id, signature] of Object.entries(isObject(given) ? given : {})) {
    const publicKey = allowed.get(id)
    // What else the client knows of signatures comes along.
    if (publicKey === undefined || typeof signature !== 'string') continue
    if (!verifyJsonSignature(signed, signer, id, publicKey)) return wrong
    by[id] = signature
  }
  return Object.keys(by).length > 0 ? { by } : wrong
}

function signingKey(ctx: Ctx, user: UserId, usage: CrossSigningUsage): Map<string, string> {
  const keys = own(ctx.accounts.crossSigningKey(user, usage), 'keys')
  const entries = Object.entries(isObject(keys) ? keys : {})
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

const withOwn = (key: JsonObject, user: UserId, by: Record<string, string>): JsonObject =>
  addSignatures(key, { [user]: by })

function publicKeyIn(key: JsonObject): string | undefined {
  const [publicKey] = Object.values(own(key, 'keys') ?? {})
  return typeof publicKey === 'string' ? publicKey : undefined
}
