import { z } from 'zod'
import { invalidParam } from '../../http/errors.ts'
import { jsonObject, parseBody, type Endpoint } from './endpoint.ts'
import type { TrafficLimits } from './traffic-limits.ts'

/** 50 PDUs of 64 KiB, and EDUs, with room for how verbose a sender writes its JSON. */
const MAX_BYTES = 12 * 1024 * 1024

const shape = z.object({
  pdus: z.array(jsonObject).max(50).default([]),
  edus: z.array(jsonObject).max(100).default([]),
})

/** `PUT /_matrix/federation/v1/send/{txnId}` ("Transactions"). */
export function createSend(limits: TrafficLimits | undefined): Endpoint {
  return {
    method: 'PUT',
    path: '/_matrix/federation/v1/send/:txnId',
    maxBody: MAX_BYTES,
    async handle(call, { rooms }) {
      const txnId = call.params['txnId'] ?? ''
      if (txnId === '' || txnId.length > 512) throw invalidParam('The transaction ID is empty or too long.')
      const { pdus, edus } = parseBody(shape, call)
      call.log.set({ txn: txnId, pdus: pdus.length, edus: edus.length })
      limits?.take(call.origin, pdus, edus)
      return { pdus: await rooms.receiveTransaction(call.origin, txnId, pdus, edus, call.log) }
    },
  }
}
