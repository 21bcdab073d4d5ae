import { parseEventId } from '../../core/ids.ts'
import { missingParam } from '../../http/errors.ts'
import { clamp, roomIdParam, type Endpoint } from './endpoint.ts'

const MAX_EVENTS = 100
const MAX_STARTS = 50

/** `GET /_matrix/federation/v1/backfill/{roomId}` */
export const backfill: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/backfill/:roomId',
  handle(call, { rooms, serverName, clock }) {
    const from = call.query
      .getAll('v')
      .slice(0, MAX_STARTS)
      .flatMap((id) => parseEventId(id) ?? [])
    if (from.length === 0) throw missingParam('The query names no event to start from (v).')
    const limit = clamp(Number(call.query.get('limit') ?? Number.NaN), 10, 1, MAX_EVENTS)
    const pdus = rooms.backfillForServer(call.origin, roomIdParam(call), from, limit)
    return { origin: serverName, origin_server_ts: clock.now(), pdus: pdus.map((pdu) => pdu.json) }
  },
}
