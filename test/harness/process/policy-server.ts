import { randomBytes } from 'node:crypto'
import { parsePdu } from '../../../src-main/core/pdu.ts'
import { roomVersionRules } from '../../../src-main/core/room-versions.ts'
import { createSigner, POLICY_KEY_ID, signPduJson } from '../../../src-main/core/signatures.ts'
import type { JsonObject, RoomVersionId, Signer } from '../../../src-main/core/types.ts'
import type { CertificateAuthority } from './certificates.ts'
import { ScriptedPeer, type PeerRoom } from './scripted-peer.ts'

/** What a policy server of a test says to spam. */
export const REFUSAL = 'This looks like spam'

/** A server that signs for the rooms it joins whatever does not speak of spam (server-server, "Policy servers"). */
export class PolicyServer {
  readonly peer: ScriptedPeer
  /** Ids of the events about which it was asked, in order. */
  readonly asked: string[] = []
  private readonly signer: Signer
  private readonly versions = new Map<string, RoomVersionId>()

  private constructor(peer: ScriptedPeer) {
    this.peer = peer
    this.signer = createSigner(peer.serverName, POLICY_KEY_ID, randomBytes(32))
    peer.handle(async (path, request) =>
      path === '/_matrix/policy/v1/sign' ? this.sign((await request.json()) as JsonObject) : undefined,
    )
  }

  static async start(certificates: CertificateAuthority): Promise<PolicyServer> {
    return new PolicyServer(await ScriptedPeer.start(certificates))
  }

  async stop(): Promise<void> {
    await this.peer.stop()
  }

  /** Of the `m.room.policy` with which a room makes use of it. */
  get content(): object {
    return { via: this.peer.serverName, public_keys: { ed25519: this.signer.publicKey } }
  }

  async join(roomId: string, via: string): Promise<PeerRoom> {
    const room = await this.peer.join(roomId, via)
    this.versions.set(roomId, room.version)
    return room
  }

  private sign(event: JsonObject): Response {
    const version = this.versions.get(event['room_id'] as string)
    const parsed = version === undefined ? undefined : parsePdu(event, version)
    if (parsed?.ok !== true) {
      return Response.json({ errcode: 'M_NOT_FOUND', error: 'No event of a room of mine' }, { status: 404 })
    }
    const { eventId, json, roomVersion } = parsed.pdu
    this.asked.push(eventId)
    if (JSON.stringify(event['content']).includes('spam')) {
      return Response.json({ errcode: 'M_FORBIDDEN', error: REFUSAL }, { status: 400 })
    }
    const rules = roomVersionRules(roomVersion)
    const { signatures } = signPduJson({ ...json, signatures: {} }, rules, this.signer)
    return Response.json(signatures)
  }
}
