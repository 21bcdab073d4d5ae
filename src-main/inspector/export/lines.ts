import { createHash } from 'node:crypto'
import { encodeUnpaddedBase64 } from '../../core/base64.ts'
import type { ExportedKey, ExportedKeys, ExportEnd } from '../../core/export-format.ts'
import { isObject, own } from '../../core/json.ts'
import { signJson } from '../../core/signatures.ts'
import type { JsonObject, RoomId, ServerName, Signer } from '../../core/types.ts'
import type { InspectedRooms } from '../event/ports.ts'

/** Writes the lines of one export: hashes them all, and tells the keys of each server once. */
export class ExportLines {
  private readonly hash = createHash('sha256')
  private readonly told = new Set<string>()
  private readonly keysOf: InspectedRooms['keysOf']
  private count = 0

  constructor(keysOf: InspectedRooms['keysOf']) {
    this.keysOf = keysOf
  }

  /** `counted`: how many of these lines are what is exported. */
  piece(lines: readonly object[], counted = 0): string {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    this.hash.update(text)
    this.count += counted
    return text
  }

  /** The keys of whoever signed this and was not told of yet. */
  keysFor(json: JsonObject): ExportedKeys[] {
    const signatures = own(json, 'signatures')
    const servers = isObject(signatures) ? Object.keys(signatures) : []
    const lines: ExportedKeys[] = []
    for (const server of servers) {
      if (this.told.has(server)) continue
      this.told.add(server)
      const keys = this.keysOf(server as ServerName).map((key): ExportedKey => ({
        key_id: key.keyId,
        public_key: key.publicKey,
        ...(key.validUntilTs === undefined ? {} : { valid_until_ts: key.validUntilTs }),
        old: key.old,
        from: key.from,
      }))
      lines.push({ line: 'keys', server, keys })
    }
    return lines
  }

  /** Makes what stands before it unchangeable. */
  end(signer: Signer, of: { readonly room_id?: RoomId } = {}): string {
    const sha256 = encodeUnpaddedBase64(this.hash.digest())
    const end = signJson<ExportEnd>({ line: 'end', ...of, count: this.count, sha256 }, signer)
    return `${JSON.stringify(end)}\n`
  }
}
