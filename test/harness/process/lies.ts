import type { IncomingMessage, ServerResponse } from 'node:http'
import { contentHash } from '../../../src-main/core/hashes.ts'
import { roomVersionRules } from '../../../src-main/core/room-versions.ts'
import { signPduJson } from '../../../src-main/core/signatures.ts'
import type { EventId, JsonObject } from '../../../src-main/core/types.ts'
import type { Liar, LiarsRoom } from './liar.ts'

/* What fills memory, or never ends, for a `Liar` to answer and to send. */

const JSON_HEAD = { 'content-type': 'application/json' }
const MB = 1024 * 1024

/** `piece` again and again, so many megabytes of it. */
export function filler(piece: string, megabytes: number): string {
  return piece.repeat(Math.floor((megabytes * MB) / piece.length))
}

/** An answer to `send_join` that never comes to an end; each megabyte of it is `sent`. */
export function endlessAnswer(outgoing: ServerResponse, sent: () => void = () => undefined): void {
  const piece = Buffer.alloc(MB, 'x')
  outgoing.writeHead(200, JSON_HEAD)
  const more = (): void => {
    while (!outgoing.destroyed && outgoing.write(piece)) sent()
    if (!outgoing.destroyed) outgoing.once('drain', more)
  }
  outgoing.write('{"auth_chain":[],"state":["')
  more()
}

/** An answer to `send_join` that is worth many times its length once it is parsed. */
export function swollenAnswer(outgoing: ServerResponse): void {
  outgoing.writeHead(200, JSON_HEAD)
  outgoing.end(`{"auth_chain":[],"state":[${filler('[[[[]]]],', 90).slice(0, -1)}]}`)
}

/**
 * The honest answer to `send_join`, as text that was written once, with `megabytes` of valid and signed state in
 * events of so many bytes of content each.
 */
export function largeAnswer(room: LiarsRoom, megabytes: number, bytes: number): (event: string) => string {
  const text = 'x'.repeat(bytes)
  const pieces: string[] = []
  for (let size = 0; size < megabytes * MB;) {
    const { json } = room.add('org.example.filler', `${pieces.length}`, { text })
    const piece = JSON.stringify(json)
    pieces.push(piece)
    size += Buffer.byteLength(piece) + 1
  }
  const grounds = [...room.state.values()].filter(({ type }) => type !== 'org.example.filler')
  const chain = grounds.map(({ json }) => JSON.stringify(json))
  const state = [...chain, ...pieces].join(',')
  return (event) =>
    `{"origin":"${room.last.sender.replace(/^[^:]*:/, '')}","members_omitted":false,"event":${event},` +
    `"auth_chain":[${chain.join(',')}],"state":[${state}]}`
}

/**
 * Below a message each event that the node asks for exists, is signed, and follows on a further one, for ever. Of
 * room version 2, where ids are no hashes: in others nobody can write an event before what it follows on.
 */
export class EndlessHistory {
  /** Events that were given. */
  given = 0
  private readonly liar: Liar
  private readonly room: LiarsRoom
  private readonly top = 2 ** 40
  private readonly began = Date.now()

  constructor(liar: Liar, room: LiarsRoom) {
    this.liar = liar
    this.room = room
    const page = (incoming: IncomingMessage): JsonObject[] => {
      const query = new URL(incoming.url ?? '', 'https://liar').searchParams
      const limit = Math.min(100, Number(query.get('limit') ?? 100))
      return this.below(query.getAll('v')[0] ?? '', limit)
    }
    liar.on(`/backfill/${room.roomId}`, (incoming) => ({
      origin: liar.serverName,
      origin_server_ts: Date.now(),
      pdus: page(incoming),
    }))
    liar.on(`/get_missing_events/${room.roomId}`, (_, __, body) => {
      const { latest_events: latest, limit } = JSON.parse(body) as { latest_events: string[]; limit: number }
      const [, ...events] = this.below(latest[0] ?? '', limit + 1)
      return { events: events.toReversed() }
    })
    const state = [...room.state.values()].map((pdu) => pdu.eventId)
    liar.on(`/state_ids/${room.roomId}`, () => ({ pdu_ids: state, auth_chain_ids: state }))
    liar.on('/federation/v1/event/$endless', (incoming) => {
      const id = decodeURIComponent((incoming.url ?? '').replace(/^.*\//, ''))
      return { origin: liar.serverName, origin_server_ts: 1, pdus: this.below(id, 1) }
    })
  }

  /** The newest: what lies between it and the join is asked for. */
  newest(): JsonObject {
    return this.event(0)
  }

  private below(id: string, count: number): JsonObject[] {
    const first = Number(/^\$endless(\d+):/.exec(id)?.[1] ?? Number.NaN)
    if (!Number.isSafeInteger(first)) return []
    this.given += count
    return Array.from({ length: count }, (_, n) => this.event(first + n))
  }

  private idOf(at: number): EventId {
    return `$endless${at}:${this.liar.serverName}` as EventId
  }

  private event(at: number): JsonObject {
    const { json } = this.room.draft({
      type: 'm.room.message',
      content: { msgtype: 'm.text', body: `endless ${at}` },
      prevEvents: [this.idOf(at + 1)],
      depth: this.top - at,
      // Asked for again it is the same.
      originServerTs: this.began - at,
    })
    const named: JsonObject = { ...json, event_id: this.idOf(at), signatures: {} }
    const hashed = { ...named, hashes: { sha256: contentHash(named) } }
    return signPduJson(hashed, roomVersionRules('2'), this.liar.signer)
  }
}
