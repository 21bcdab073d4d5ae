import { parsePdu } from '../../../src-main/core/pdu.ts'
import type { Pdu, UserId } from '../../../src-main/core/types.ts'
import type { HearthProcess } from './hearth.ts'
import { LiarsRoom, type Liar } from './liar.ts'
import { MatrixHttp } from './matrix-http.ts'

/** The owner of a node (by an access token) joins a room of the liar, who then can send into it. */
export async function joinLiar(node: HearthProcess, token: string, liar: Liar): Promise<LiarsRoom> {
  const room = new LiarsRoom(liar)
  liar.on('make_join', (incoming) => room.template(incoming.url ?? ''))
  liar.on('send_join', (_, __, body) => {
    const answer = room.answer(body)
    const joined = parsePdu(JSON.parse(body), '10')
    if (!joined.ok) throw new Error(joined.reason)
    // What comes next follows on the join.
    room.last = joined.pdu
    return answer
  })
  const http = new MatrixHttp(node.clientUrl)
  const address = `127.0.0.1:${liar.port}`
  await http.call('POST', '/_hearth/v1/peers', { token, body: { server_name: liar.serverName, address } })
  const path = `/_matrix/client/v3/join/${encodeURIComponent(room.roomId)}`
  await http.call('POST', path, { token, query: { via: liar.serverName }, body: {} })
  return room
}

/** A message at the end of the room by whomever; it cites what a member would, but for a membership. */
export function lie(room: LiarsRoom, sender: string, body: string): Pdu {
  return room.draft({
    type: 'm.room.message',
    sender: sender as UserId,
    content: { msgtype: 'm.text', body },
    authEvents: [...room.state.values()]
      .filter(({ type }) => type === 'm.room.create' || type === 'm.room.power_levels')
      .map(({ eventId }) => eventId),
  })
}

let txn = 0

/** Sends events to a node in a transaction; answers the status. */
export async function sendLies(liar: Liar, node: HearthProcess, ...pdus: readonly Pdu[]): Promise<number> {
  const to = { serverName: node.serverName, port: Number(new URL(node.ready.federation_url).port) }
  const answer = await liar.send(to, 'PUT', `/_matrix/federation/v1/send/lie${++txn}`, {
    origin: liar.serverName,
    origin_server_ts: Date.now(),
    pdus: pdus.map((pdu) => pdu.json),
  })
  return answer.status
}
