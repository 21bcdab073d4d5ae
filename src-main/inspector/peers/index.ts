import type { ServerName } from '../../core/types.ts'
import { endpoint } from '../../http/described.ts'
import { notFound } from '../../http/errors.ts'
import type { InspectorEndpoints } from '../app.ts'
import { serverParam } from '../server-param.ts'
import {
  measuredSchema,
  peerDetailSchema,
  peersSchema,
  type MeasuredPeer,
  type PeerDetail,
  type PeersAnswer,
} from './schema.ts'

export interface InspectedPeers {
  list(): PeersAnswer
  /** Undefined where nothing is known of it. */
  detail(server: ServerName): PeerDetail | undefined
  /** Asks it now, some times in a row. Never rejects for what the other side does. */
  measure(server: ServerName, signal: AbortSignal): Promise<MeasuredPeer>
}

export function peersEndpoints(peers: InspectedPeers): InspectorEndpoints {
  return (app) => {
    endpoint(
      app,
      {
        method: 'get',
        path: '/peers',
        summary: 'Other servers, and how this one reaches them',
        answer: peersSchema,
      },
      () => peers.list(),
    )
    endpoint(
      app,
      {
        method: 'get',
        path: '/peers/:server',
        summary: 'One of them, with its history',
        answer: peerDetailSchema,
      },
      ({ params }) => {
        const found = peers.detail(serverParam(params['server']))
        if (found === undefined) throw notFound('Nothing is known of that server.')
        return found
      },
    )
    endpoint(
      app,
      {
        method: 'post',
        path: '/peers/:server/measure',
        summary: 'Measures the round trip and the clock now',
        answer: measuredSchema,
      },
      ({ params, signal }) => peers.measure(serverParam(params['server']), signal),
    )
  }
}
