import { readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { buildPdu, parsePdu, type PduDraft } from '../../../src-main/core/pdu.ts'
import { roomVersionRules } from '../../../src-main/core/room-versions.ts'
import { createSigner, signaturesReady, signJson } from '../../../src-main/core/signatures.ts'
import type {
  EventId,
  JsonObject,
  KeyId,
  Pdu,
  RoomId,
  RoomVersionId,
  ServerName,
  Signer,
  UserId,
} from '../../../src-main/core/types.ts'
import { createConnections } from '../../../src-main/federation/out/connections.ts'
import { createSystemDns } from '../../../src-main/federation/out/dns.ts'
import { createRemote, type FederationRemote } from '../../../src-main/federation/out/remote.ts'
import { createSignedClient, type SignedClient } from '../../../src-main/federation/out/signed-client.ts'
import { serve, type TestServer } from '../../../src-main/federation/test-support.ts'
import { systemClock } from '../../../src-main/trace/clock.ts'
import { Logger } from '../../../src-main/trace/log.ts'
import { systemRandom } from '../../../src-main/trace/system-random.ts'
import type { CertificateAuthority } from './certificates.ts'
import { freePort } from './scratch.ts'

/** What the events of the peer rest on in a room. */
export interface PeerRoom {
  readonly roomId: RoomId
  readonly version: RoomVersionId
  readonly join: Pdu
  /** For every event of the peer's user that is no membership. */
  readonly authEvents: readonly EventId[]
}

/** Answers a request, or leaves it to others. `path` is decoded and without its query. */
export type Handler = (path: string, request: Request) => Promise<Response | undefined>

/**
 * A server that a test plays: it publishes its key, takes what it is sent, sends what it is told to, and gives
 * its events to whoever misses some.
 */
export class ScriptedPeer {
  readonly serverName: ServerName
  readonly userId: UserId
  private readonly signer: Signer
  private readonly client: SignedClient
  private readonly remote: FederationRemote
  private readonly listener: TestServer
  private readonly events: Map<EventId, Pdu>
  private readonly handlers: Handler[]
  private readonly closeConnections: () => Promise<void>
  private transactions = 0

  private constructor(
    signer: Signer,
    client: SignedClient,
    listener: TestServer,
    events: Map<EventId, Pdu>,
    handlers: Handler[],
    closeConnections: () => Promise<void>,
  ) {
    this.events = events
    this.handlers = handlers
    this.signer = signer
    this.serverName = signer.serverName
    this.userId = `@peer:${signer.serverName}` as UserId
    this.client = client
    this.remote = createRemote(client)
    this.listener = listener
    this.closeConnections = closeConnections
  }

  static async start(certificates: CertificateAuthority): Promise<ScriptedPeer> {
    await signaturesReady()
    const port = await freePort()
    const serverName = `localhost:${port}` as ServerName
    const signer = createSigner(serverName, 'ed25519:scripted' as KeyId, randomBytes(32))
    const connections = createConnections({
      clock: systemClock,
      random: systemRandom,
      dns: createSystemDns(),
      candidates: () => [],
      knownKeys: () => [],
      staticPeers: new Map(),
      extraCas: [readFileSync(certificates.caFile, 'utf8')],
      insecureSkipTlsVerify: false,
      allowPrivateAddresses: true,
    })
    const log = new Logger(systemClock)
    const client = createSignedClient({ signer, connections, log, domainAllowed: () => true })
    const pem = {
      cert: readFileSync(certificates.certFile, 'utf8'),
      key: readFileSync(certificates.keyFile, 'utf8'),
    }
    const events = new Map<EventId, Pdu>()
    const handlers: Handler[] = []
    const listener = await serve(pem, (request) => answer(signer, events, handlers, request), port)
    return new ScriptedPeer(signer, client, listener, events, handlers, () => connections.stop())
  }

  /** Has `handler` asked before the peer answers by itself. */
  handle(handler: Handler): void {
    this.handlers.push(handler)
  }

  async stop(): Promise<void> {
    await this.listener.close()
    await this.closeConnections()
  }

  /** Joins a room that anybody may join, through a server that is in it. */
  async join(roomId: string, via: string): Promise<PeerRoom> {
    const [room, server] = [roomId as RoomId, via as ServerName]
    const made = await this.remote.makeJoin(server, room, this.userId, ['10', '11', '12'])
    const { event, roomVersion: version } = made
    const draft = {
      roomId: room,
      type: 'm.room.member',
      stateKey: this.userId,
      sender: this.userId,
      content: { membership: 'join' },
      prevEvents: event['prev_events'] as EventId[],
      authEvents: event['auth_events'] as EventId[],
      depth: Number(event['depth']),
      originServerTs: Date.now(),
    }
    const join = buildPdu(draft, version, this.signer)
    const { state } = await this.remote.sendJoin(server, room, join)
    const needed = [
      'm.room.power_levels',
      ...(roomVersionRules(version).roomIdIsCreateHash ? [] : ['m.room.create']),
    ]
    const events = state.filter((json) => needed.some((type) => json['type'] === type))
    return {
      roomId: room,
      version,
      join,
      authEvents: [...events.map((json) => idOf(json, version)), join.eventId],
    }
  }

  /** An event of the peer's user, signed. */
  build(
    room: PeerRoom,
    draft: Pick<PduDraft, 'type' | 'content' | 'prevEvents' | 'depth'> & Partial<PduDraft>,
  ): Pdu {
    const rest = {
      roomId: room.roomId,
      sender: this.userId,
      authEvents: room.authEvents,
      originServerTs: Date.now(),
    }
    const event = buildPdu({ ...rest, ...draft }, room.version, this.signer)
    this.events.set(event.eventId, event)
    return event
  }

  /**
   * In transactions of 50, each when the one before was answered and `taken`: Synapse answers before it has taken
   * anything in, and looks elsewhere for what the next transaction needs of it.
   */
  async send(to: string, events: readonly Pdu[], taken: (last: Pdu) => Promise<void>): Promise<void> {
    for (let at = 0; at < events.length; at += 50) {
      const content = {
        origin: this.serverName,
        origin_server_ts: Date.now(),
        pdus: events.slice(at, at + 50).map((event) => event.json),
        edus: [],
      }
      const path = `/_matrix/federation/v1/send/scripted-${process.pid}-${++this.transactions}`
      const result = await this.client.request(to as ServerName, {
        method: 'PUT',
        path,
        content,
        timeoutMs: 900_000,
      })
      for (const outcome of Object.values(result['pdus'] ?? {})) {
        const error = (outcome as JsonObject | undefined)?.['error']
        if (error !== undefined) throw new Error(`${to} refused an event: ${JSON.stringify(error)}`)
      }
      const last = events.slice(at, at + 50).at(-1)
      if (last !== undefined) await taken(last)
    }
  }
}

function idOf(json: JsonObject, version: RoomVersionId): EventId {
  const parsed = parsePdu(json, version)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.pdu.eventId
}

async function answer(
  signer: Signer,
  events: ReadonlyMap<EventId, Pdu>,
  handlers: readonly Handler[],
  request: Request,
): Promise<Response> {
  const path = decodeURIComponent(new URL(request.url).pathname)
  for (const handler of handlers) {
    const answered = await handler(path, request)
    if (answered !== undefined) return answered
  }
  if (path.startsWith('/_matrix/key/v2/server')) {
    const keys = {
      server_name: signer.serverName,
      valid_until_ts: Date.now() + 86_400_000,
      verify_keys: { [signer.keyId]: { key: signer.publicKey } },
      old_verify_keys: {},
    }
    return Response.json(signJson(keys, signer))
  }
  if (path.startsWith('/_matrix/federation/v1/send/')) return Response.json({ pdus: {} })
  if (path.startsWith('/_matrix/federation/v1/get_missing_events/')) {
    const asked = (await request.json()) as {
      latest_events: EventId[]
      earliest_events: EventId[]
      limit?: number
    }
    return Response.json({ events: missing(events, asked).map((event) => event.json) })
  }
  const event = events.get(path.split('/').at(-1) as EventId)
  if (path.startsWith('/_matrix/federation/v1/event/') && event !== undefined) {
    return Response.json({ origin: signer.serverName, origin_server_ts: Date.now(), pdus: [event.json] })
  }
  return Response.json({ errcode: 'M_NOT_FOUND', error: 'not of this test' }, { status: 404 })
}

/** What lies between, oldest first. */
function missing(
  events: ReadonlyMap<EventId, Pdu>,
  asked: { latest_events: readonly EventId[]; earliest_events: readonly EventId[]; limit?: number },
): Pdu[] {
  const known = new Set([...asked.latest_events, ...asked.earliest_events])
  const found: Pdu[] = []
  const open = asked.latest_events.flatMap((id) => events.get(id)?.prevEvents ?? [])
  for (let id = open.shift(); id !== undefined && found.length < (asked.limit ?? 10); id = open.shift()) {
    const event = events.get(id)
    if (event === undefined || known.has(id)) continue
    known.add(id)
    found.push(event)
    open.push(...event.prevEvents)
  }
  return found.toSorted((a, b) => a.depth - b.depth)
}
