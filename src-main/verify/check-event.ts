import { eventIdOf, parsePdu } from '../core/pdu.ts'
import { canonicalJsonLenient } from '../core/canonical-json.ts'
import { verifyContentHash } from '../core/hashes.ts'
import { encodeUnpaddedBase64 } from '../core/base64.ts'
import { publicKeyFromServerName } from '../core/ids.ts'
import { redactJson } from '../core/redaction.ts'
import { roomVersionRules } from '../core/room-versions.ts'
import { reportSignatures, type KnownKey } from '../core/signature-report.ts'
import type { Pdu, ServerName } from '../core/types.ts'
import type { Findings } from './findings.ts'
import type { EventLine, Header, KeysLine } from './shape.ts'

/** The keys of the file, by server. Those of servers whose name is their key are not taken from it. */
export class Keys {
  private readonly byServer = new Map<string, KnownKey[]>()
  /** Servers whose keys nothing in the file proves. */
  readonly asTold = new Set<string>()

  add({ server, keys }: KeysLine): void {
    this.byServer.set(
      server,
      keys.map((key) => ({
        keyId: key.key_id,
        publicKey: key.public_key,
        validUntilTs: key.valid_until_ts,
        old: key.old,
      })),
    )
  }

  of(server: ServerName): readonly KnownKey[] {
    const named = publicKeyFromServerName(server)
    if (named !== undefined) {
      const publicKey = encodeUnpaddedBase64(named)
      return [{ keyId: 'ed25519:hearth', publicKey, validUntilTs: undefined, old: false }]
    }
    this.asTold.add(server)
    return this.byServer.get(server) ?? []
  }
}

/** Format, room, id, hash and signatures of one event. Undefined: it is no event that could be checked further. */
export function checkEvent(
  header: Header,
  keys: Keys,
  number: number,
  line: EventLine,
  findings: Findings,
): Pdu | undefined {
  const rules = roomVersionRules(header.room_version)
  const fail = (words: string): void => findings.fail(number, `${line.event_id}: ${words}`)
  const parsed = parsePdu(line.event, header.room_version)
  if (!parsed.ok) {
    fail(`it is no event of room version ${header.room_version}: ${parsed.reason}`)
    return undefined
  }
  const { pdu } = parsed
  if (pdu.roomId !== header.room_id) fail(`it is of another room, ${pdu.roomId}`)
  if (pdu.eventId === line.event_id) findings.hold('ids')
  else if (rules.eventIdFormat === 'explicit') fail(`the event itself says that its id is ${pdu.eventId}`)
  else fail(`its hash is ${eventIdOf(pdu.json, rules) ?? 'none'}: it was changed`)

  checkContent(line, pdu, fail, findings)
  const report = reportSignatures(pdu, rules, (server) => keys.of(server))
  for (const signature of report.signatures) {
    if (signature.result === 'valid') findings.hold('signatures')
    else if (signature.result === 'wrong')
      fail(`the signature of ${signature.server} with ${signature.keyId} does not hold`)
  }
  for (const server of report.lacking) {
    const own = report.signatures.filter((one) => one.server === server)
    if (own.some((one) => one.result === 'wrong')) continue
    const late = own.some((one) => one.result === 'not valid then')
    if (own.length === 0) fail(`it is not signed by ${server}`)
    else if (late) fail(`${server} signed it with a key that was not valid when it was sent`)
    else fail(`the key with which ${server} signed it is not in the file`)
  }
  return pdu
}

function checkContent(line: EventLine, pdu: Pdu, fail: (words: string) => void, findings: Findings): void {
  if (verifyContentHash(pdu.json)) findings.hold('content hashes')
  // Whatever the line says of it: content that is here is what was hashed.
  else if (!isRedactedForm(pdu)) fail('its content is not what its sender hashed')
  else if (line.redacted === true) findings.skip('content hashes: the content is not in this export')
  else if (line.redacted_by !== undefined) findings.skip('content hashes: the event was deleted')
  // What arrives with a wrong hash is kept in its redacted form.
  else findings.skip('content hashes: the content was never whole here')
}

/** Redaction takes nothing more from it. */
export function isRedactedForm({ json, roomVersion }: Pdu): boolean {
  // Other servers write keys in another order.
  return canonicalJsonLenient(redactJson(json, roomVersionRules(roomVersion))) === canonicalJsonLenient(json)
}
