/**
 * The words that the whole program shares. Branded, so that an event id cannot be passed where a
 * room id is meant; values get their brand from the parsers in `ids.ts`, at the edge, once.
 */
declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

export type ServerName = Brand<string, 'ServerName'>
export type UserId = Brand<string, 'UserId'>
export type RoomId = Brand<string, 'RoomId'>
export type EventId = Brand<string, 'EventId'>
export type RoomAlias = Brand<string, 'RoomAlias'>
/** `ed25519:<version>` */
export type KeyId = Brand<string, 'KeyId'>

export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [key: string]: Json }

export type RoomVersionId = '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '10' | '11' | '12'

/** The signed event exactly as it travels between servers (without `unsigned`), kept verbatim. */
export type PduJson = JsonObject

/** A PDU whose format was checked for its room version, with what the code needs picked out of it. */
export interface Pdu {
  readonly eventId: EventId
  /** For a v12 create event this is derived from the event id, as the JSON has none. */
  readonly roomId: RoomId
  readonly roomVersion: RoomVersionId
  readonly type: string
  readonly stateKey: string | undefined
  readonly sender: UserId
  readonly content: JsonObject
  readonly authEvents: readonly EventId[]
  readonly prevEvents: readonly EventId[]
  readonly depth: number
  /** Milliseconds since the epoch, as the sender claims. */
  readonly originServerTs: number
  /** Target of a redaction, from the event or its content, as the room version has it. */
  readonly redacts: EventId | undefined
  readonly json: PduJson
}

/** Key of a state map; made by `stateKeyOf`, unambiguous for every type and state key. */
export type StateMapKey = Brand<string, 'StateMapKey'>
export type StateMap = ReadonlyMap<StateMapKey, EventId>

/** The length prefix keeps hostile types that contain any separator from meeting another's key. */
export function stateKeyOf(type: string, stateKey: string): StateMapKey {
  return `${type.length}:${type}${stateKey}` as StateMapKey
}

export function splitStateKey(key: StateMapKey): { type: string; stateKey: string } {
  const colon = key.indexOf(':')
  const end = colon + 1 + Number(key.slice(0, colon))
  return { type: key.slice(colon + 1, end), stateKey: key.slice(end) }
}

/** A verdict of protocol code, which never throws for bad input. */
export type Decision =
  | { readonly verdict: 'accept' }
  /** `rule` names the specification's rule, e.g. `v10 auth rule 5.3.1`; `reason` is a sentence for people. */
  | { readonly verdict: 'reject'; readonly rule: string; readonly reason: string }

/** Signs as one server. The private key stays inside. */
export interface Signer {
  readonly serverName: ServerName
  readonly keyId: KeyId
  /** Unpadded base64 of the Ed25519 public key. */
  readonly publicKey: string
  /** Ed25519 signature over the bytes, unpadded base64. */
  sign(bytes: Uint8Array): string
}
