import { isObject, own, setOwn, without } from '../core/json.ts'
import type { JsonObject, UserId } from '../core/types.ts'
import { publicKeyOf } from './check-keys.ts'
import type { KeysContext } from './context.ts'

/** The keys of a device as others see them: signed by its owner's keys alone. */
export function visibleDevice(owner: UserId, keys: JsonObject, displayName: string | undefined): JsonObject {
  return {
    ...withSignatures(keys, [[owner, signaturesOf(keys, owner)]]),
    unsigned: displayName === undefined ? {} : { device_display_name: displayName },
  }
}

/**
 * A cross-signing key as `viewer` sees it: with the owner's signatures and the viewer's own. Who else verified
 * whom is nobody's business (Client-Server API, "Cross-signing", "To avoid leaking of social graphs").
 * `viewer` undefined: another server.
 */
export function visibleSigningKey(
  ctx: KeysContext,
  owner: UserId,
  key: JsonObject,
  viewer: UserId | undefined,
): JsonObject {
  const shown: [UserId, JsonObject][] = [[owner, signaturesOf(key, owner)]]
  const id = publicKeyOf(key)?.publicKey
  if (viewer !== undefined && viewer !== owner && id !== undefined) {
    const own = { ...signaturesOf(key, viewer), ...ctx.local.keySignatures(viewer, owner, id) }
    if (Object.keys(own).length > 0) shown.push([viewer, own])
  }
  return withSignatures(key, shown)
}

function signaturesOf(key: JsonObject, signer: UserId): JsonObject {
  const found = own(own(key, 'signatures'), signer)
  return isObject(found) ? found : {}
}

function withSignatures(key: JsonObject, shown: readonly (readonly [UserId, JsonObject])[]): JsonObject {
  const signatures: JsonObject = {}
  for (const [signer, found] of shown) setOwn(signatures, signer, found)
  return { ...without(key, 'signatures', 'unsigned'), signatures }
}
