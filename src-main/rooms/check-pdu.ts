import { verifyContentHash } from '../core/hashes.ts'
import { parsePdu } from '../core/pdu.ts'
import { redactPdu } from '../core/redaction.ts'
import type { Pdu, PduJson, RoomId, RoomVersionId, ServerName } from '../core/types.ts'
import { breathe } from '../trace/turns.ts'
import type { RoomsContext } from './context.ts'
import type { RefusalCause } from './refusals/ports.ts'

export type CheckedPdu =
  | { readonly result: 'ok'; readonly pdu: Pdu; readonly redacted: boolean }
  | { readonly result: 'drop'; readonly cause: RefusalCause; readonly reason: string }
  /** Keys could not be had now; `keysOf`: whose, where that is known. */
  | { readonly result: 'retry'; readonly reason: string; readonly keysOf?: ServerName }

/**
 * Checks 1 to 3 on receipt of a PDU (server-server-api, "Checks performed on receipt of a PDU"): 1. the
 * format of the room version, and that it is of the room it was given for; 2. signatures; 3. the content
 * hash, in whose absence the event is redacted.
 */
export async function checkPdu(
  ctx: RoomsContext,
  room: { roomId: RoomId; version: RoomVersionId },
  json: PduJson,
  givenBy?: ServerName,
): Promise<CheckedPdu> {
  const parsed = parsePdu(json, room.version)
  if (!parsed.ok)
    return { result: 'drop', cause: formatCause(parsed.reason), reason: `format: ${parsed.reason}` }
  if (parsed.pdu.roomId !== room.roomId) {
    return { result: 'drop', cause: 'other-room', reason: 'format: it is of another room' }
  }
  return checkSignatures(ctx, parsed.pdu, givenBy)
}

export async function checkSignatures(
  ctx: RoomsContext,
  pdu: Pdu,
  givenBy?: ServerName,
): Promise<CheckedPdu> {
  const verified = await ctx.verifier.verify(pdu, givenBy)
  if (verified.result === 'invalid') {
    return { result: 'drop', cause: 'signature', reason: `signature: ${verified.reason}` }
  }
  if (verified.result === 'unavailable') {
    return { result: 'retry', reason: verified.reason, keysOf: verified.server }
  }
  if (verifyContentHash(pdu.json)) return { result: 'ok', pdu, redacted: false }
  return { result: 'ok', pdu: redactPdu(pdu), redacted: true }
}

/** What `parsePdu` refuses is too large, or malformed otherwise. */
export function formatCause(reason: string): RefusalCause {
  return reason.startsWith('too large') ? 'size' : 'format'
}

const CHUNK = 32

/** The same for many, in parallel chunks that leave the event loop its turns. In the order of `pdus`. */
export async function checkAllSignatures(ctx: RoomsContext, pdus: readonly Pdu[]): Promise<CheckedPdu[]> {
  const checked: CheckedPdu[] = []
  for (let start = 0; start < pdus.length; start += CHUNK) {
    const chunk = pdus.slice(start, start + CHUNK)
    checked.push(...(await Promise.all(chunk.map((pdu) => checkSignatures(ctx, pdu)))))
    if (start + CHUNK < pdus.length) await breathe()
  }
  return checked
}
