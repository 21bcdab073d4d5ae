import { randomBytes } from 'node:crypto'
import { createServer, request, Agent, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keyServerName } from '../../../src-main/core/ids.ts'
import { buildPdu, type PduDraft } from '../../../src-main/core/pdu.ts'
import { createSigner, signaturesReady } from '../../../src-main/core/signatures.ts'
import { stateKeyOf, type StateMapKey } from '../../../src-main/core/types.ts'
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
import { createNodeCertificate } from '../../../src-main/federation/tls/create-certificate.ts'
import { authorizationHeader } from '../../../src-main/federation/x-matrix.ts'
import type { RawAnswer } from './raw-http.ts'

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse, body: string) => unknown

/**
 * A server named by its key that proves who it is and signs all it sends, and otherwise does what a test tells
 * it to: answers by `on(path part, handler)`, and `send`s what it likes. What is not scripted is 404.
 */
export class Liar {
  readonly serverName: ServerName
  readonly signer: Signer
  readonly user: UserId
  /** `METHOD path` of each request. */
  readonly asked: string[] = []
  port = 0
  private readonly handlers: { part: string; handler: Handler }[] = []
  private readonly agent = new Agent({ rejectUnauthorized: false, keepAlive: true, maxSockets: 64 })
  private server: Server | undefined

  private constructor(signer: Signer) {
    this.signer = signer
    this.serverName = signer.serverName
    this.user = `@mallory:${signer.serverName}` as UserId
  }

  static async start(): Promise<Liar> {
    await signaturesReady()
    const seed = new Uint8Array(randomBytes(32))
    const keyId = 'ed25519:hearth' as KeyId
    const { publicKey } = createSigner('' as ServerName, keyId, seed)
    const name = keyServerName(new Uint8Array(Buffer.from(publicKey, 'base64')))
    const liar = new Liar(createSigner(name, keyId, seed))
    liar.on('/federation/v1/version', () => ({ server: { name: 'Liar', version: '1' } }))
    const server = createServer({ ...(await createNodeCertificate(liar.signer)) }, (incoming, outgoing) => {
      liar.serve(incoming, outgoing)
    })
    liar.server = server
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    liar.port = (server.address() as AddressInfo).port
    return liar
  }

  /** The newest handler for a path comes first. What a handler returns is the answer, unless it wrote one. */
  on(part: string, handler: Handler): void {
    this.handlers.unshift({ part, handler })
  }

  /** A signed request to a node. Rejects when the connection breaks. */
  async send(to: { serverName: string; port: number }, method: string, uri: string, content?: JsonObject) {
    return await this.sendRaw(
      to,
      method,
      uri,
      content,
      content === undefined ? undefined : JSON.stringify(content),
    )
  }

  /** The same, with a body that need not be what was signed. */
  async sendRaw(
    to: { serverName: string; port: number },
    method: string,
    uri: string,
    signed: JsonObject | undefined,
    body: string | Buffer | undefined,
    origin: string = this.serverName,
  ): Promise<RawAnswer> {
    const authorization = authorizationHeader(
      { ...this.signer, serverName: origin as ServerName, sign: (bytes) => this.signer.sign(bytes) },
      {
        method,
        uri,
        origin: origin as ServerName,
        destination: to.serverName as ServerName,
        content: signed,
      },
    )
    return await new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: to.port,
          method,
          path: uri,
          agent: this.agent,
          headers: {
            authorization,
            'hearth-port': String(this.port),
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          },
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            const errcode = /"errcode":"(\w+)"/.exec(text)?.[1] ?? ''
            resolve({ status: answer.statusCode ?? 0, body: text, errcode })
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  async stop(): Promise<void> {
    this.agent.destroy()
    await new Promise<void>((resolve) => {
      this.server?.close(() => resolve())
      this.server?.closeAllConnections()
    })
  }

  private serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const path = decodeURIComponent(incoming.url ?? '')
    this.asked.push(`${incoming.method} ${path}`)
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', () => undefined)
    outgoing.on('error', () => undefined)
    incoming.on('end', () => {
      const found = this.handlers.find(({ part }) => path.includes(part))
      const answer = found?.handler(incoming, outgoing, Buffer.concat(chunks).toString('utf8'))
      if (outgoing.headersSent || (found !== undefined && answer === undefined)) return
      outgoing.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
      outgoing.end(JSON.stringify(answer ?? { errcode: 'M_NOT_FOUND', error: 'not scripted' }))
    })
  }
}

/** A room that exists only in what the liar says; well formed, so that lies can be told about one thing at a time. */
export class LiarsRoom {
  readonly roomId: RoomId
  readonly state = new Map<StateMapKey, Pdu>()
  last: Pdu
  private readonly liar: Liar
  private readonly version: RoomVersionId

  constructor(liar: Liar, version: RoomVersionId = '10') {
    this.liar = liar
    this.version = version
    this.roomId = `!${randomBytes(9).toString('hex')}:${liar.serverName}` as RoomId
    this.last = this.add('m.room.create', '', { creator: liar.user, room_version: version })
    this.add('m.room.member', liar.user, { membership: 'join' })
    this.add('m.room.power_levels', '', { users: { [liar.user]: 100 } })
    this.add('m.room.join_rules', '', { join_rule: 'public' })
  }

  /** A state event at the end of the room, which becomes its state. */
  add(type: string, stateKey: string, content: JsonObject): Pdu {
    const pdu = this.draft({ type, stateKey, content })
    this.state.set(stateKeyOf(type, stateKey), pdu)
    this.last = pdu
    return pdu
  }

  /** An event as it would come next, changed at will. */
  draft(change: Partial<PduDraft> & Pick<PduDraft, 'type' | 'content'>): Pdu {
    const id = (type: string, key: string): EventId[] => {
      const pdu = this.state.get(stateKeyOf(type, key))
      return pdu === undefined ? [] : [pdu.eventId]
    }
    const first = this.state.size === 0
    return buildPdu(
      {
        roomId: this.roomId,
        sender: this.liar.user,
        authEvents: [
          ...id('m.room.create', ''),
          ...id('m.room.power_levels', ''),
          ...id('m.room.member', this.liar.user),
          ...(change.type === 'm.room.member' ? id('m.room.join_rules', '') : []),
        ],
        prevEvents: first ? [] : [this.last.eventId],
        depth: first ? 1 : this.last.depth + 1,
        originServerTs: Date.now(),
        ...change,
      },
      this.version,
      this.liar.signer,
    )
  }

  /** Answers `make_join` as an honest server would. */
  template(path: string): JsonObject {
    const user = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1).replace(/\?.*/, ''))
    const ids = ['m.room.create', 'm.room.power_levels', 'm.room.join_rules'].map(
      (type) => (this.state.get(stateKeyOf(type, '')) as Pdu).eventId,
    )
    return {
      room_version: this.version,
      event: {
        type: 'm.room.member',
        room_id: this.roomId,
        sender: user,
        state_key: user,
        content: { membership: 'join' },
        depth: this.last.depth + 1,
        auth_events: ids,
        prev_events: [this.last.eventId],
        origin: this.liar.serverName,
      },
    }
  }

  /** The honest answer to `send_join`. */
  answer(event: string): JsonObject {
    const state = [...this.state.values()].map((pdu) => pdu.json)
    return {
      origin: this.liar.serverName,
      members_omitted: false,
      state,
      auth_chain: state,
      event: JSON.parse(event) as JsonObject,
    }
  }
}
