import { authStateKeysFor } from '../../src-main/core/auth-rules.ts'
import { contentHash } from '../../src-main/core/hashes.ts'
import { buildPdu, parsePdu, type PduDraft } from '../../src-main/core/pdu.ts'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import { signPduJson } from '../../src-main/core/signatures.ts'
import {
  type EventId,
  type JsonObject,
  type Pdu,
  type RoomId,
  type RoomVersionId,
} from '../../src-main/core/types.ts'
import type { TestNetwork, TestNode } from './network.ts'

export type Forgery = Partial<Omit<PduDraft, 'type' | 'sender' | 'content'>> & {
  readonly type: string
  readonly sender: string
  readonly content?: JsonObject
  /** Auth events beside those that it needs. */
  readonly citesAlso?: readonly EventId[]
  readonly citesNot?: readonly EventId[]
}

let txn = 0

/** A server that writes what events it likes, well formed and well signed, into a room that a node is in. */
export class Forger {
  private readonly network: TestNetwork
  private readonly evil: TestNode
  private readonly target: TestNode
  readonly roomId: RoomId
  private readonly version: RoomVersionId

  constructor(network: TestNetwork, evil: TestNode, target: TestNode, roomId: RoomId) {
    this.network = network
    this.evil = evil
    this.target = target
    this.roomId = roomId
    this.version = target.store.getRoom(roomId)!.version
  }

  idOf(type: string, key = ''): EventId | undefined {
    return this.target.store.currentStateEvent(this.roomId, type, key)?.pdu.eventId
  }

  forge({ citesAlso = [], citesNot = [], ...forgery }: Forgery): Pdu {
    const { store } = this.target
    const state = store.currentStateMap(this.roomId)
    const content = forgery.content ?? {}
    const keys = authStateKeysFor({ ...forgery, content }, roomVersionRules(this.version))
    const cited = keys.flatMap((key) => state.get(key) ?? []).filter((id) => !citesNot.includes(id))
    return buildPdu(
      {
        roomId: this.roomId,
        authEvents: [...cited, ...citesAlso],
        prevEvents: store.forwardExtremities(this.roomId).map(({ eventId }) => eventId),
        depth: 50,
        originServerTs: this.network.clock.now(),
        ...forgery,
        sender: forgery.sender as PduDraft['sender'],
        content,
      },
      this.version,
      this.evil.signer,
    )
  }

  /** The same event with fields changed, hashed and signed anew. */
  changed(pdu: Pdu, change: JsonObject): Pdu {
    const json: JsonObject = { ...pdu.json, signatures: {}, ...change }
    const hashed = { ...json, hashes: { sha256: contentHash(json) } }
    const parsed = parsePdu(
      signPduJson(hashed, roomVersionRules(this.version), this.evil.signer),
      this.version,
    )
    if (!parsed.ok) throw new Error(parsed.reason)
    return parsed.pdu
  }

  send(...jsons: JsonObject[]): Promise<Record<string, { error?: string }>> {
    return this.network.during(this.evil.send(this.target.name, `forged ${++txn}`, jsons))
  }
}
