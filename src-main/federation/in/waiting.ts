import { z } from 'zod'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { clamp, parseBody, type Endpoint } from './endpoint.ts'

/** Of the private namespace: a server that cannot be dialled asks for what waits for it. */
export const WAITING_PATH = '/_matrix/federation/unstable/org.hearth/waiting'
export const MAX_WAIT_MS = 25_000

/** The outbox, as this endpoint needs it. */
export interface Waiting {
  /** This server can dial the other one, so that it need not ask. */
  reaches(server: ServerName): boolean
  collect(
    server: ServerName,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<
    | {
        readonly txnId: string
        readonly originServerTs: number
        readonly pdus: readonly { json: JsonObject }[]
        readonly edus: readonly JsonObject[]
      }
    | undefined
  >
  collected(server: ServerName, txnId: string, answer: JsonObject): void
}

const shape = z.object({
  /** How long to wait for something, in ms. */
  timeout: z.number().optional(),
  /** The transaction that the last answer brought, as `/send` answers it. */
  received: z
    .object({
      txn_id: z.string().min(1).max(512),
      pdus: z.record(z.string().max(255), z.object({ error: z.string().optional() })),
    })
    .optional(),
})

/**
 * `POST …/org.hearth/waiting`: answers `{ reachable, transaction? }`. `reachable`: this server can dial the
 * asking one, and sends by `/send` as usual. Else the answer comes when there is a transaction, in the form
 * of `/send`'s body with its `txn_id`, or after `timeout`; the next request acknowledges it.
 */
export function waitingEndpoint(waiting: Waiting): Endpoint {
  return {
    method: 'POST',
    path: WAITING_PATH,
    async handle(call) {
      const { timeout, received } = parseBody(shape, call)
      if (received !== undefined) {
        const results = Object.entries(received.pdus).map(([id, { error }]) => [
          id,
          error === undefined ? {} : { error },
        ])
        waiting.collected(call.origin, received.txn_id, { pdus: Object.fromEntries(results) as JsonObject })
      }
      if (waiting.reaches(call.origin)) return { reachable: true }
      const txn = await waiting.collect(
        call.origin,
        clamp(timeout, 0, 0, MAX_WAIT_MS),
        new AbortController().signal,
      )
      call.log.set({ pdus: txn?.pdus.length, edus: txn?.edus.length })
      return {
        reachable: waiting.reaches(call.origin),
        ...(txn === undefined
          ? {}
          : {
              transaction: {
                txn_id: txn.txnId,
                origin_server_ts: txn.originServerTs,
                pdus: txn.pdus.map(({ json }) => json),
                edus: txn.edus,
              },
            }),
      }
    },
  }
}
