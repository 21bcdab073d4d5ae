import { z } from 'zod'
import { invalidParam } from '../../http/errors.ts'
import { jsonObject, parseBody, type Call, type Endpoint } from './endpoint.ts'
import type { TrafficLimits } from './traffic-limits.ts'

/** 50 PDUs of 64 KiB, and EDUs, with room for how verbose a sender writes its JSON. */
const MAX_BYTES = 12 * 1024 * 1024

const shape = z.object({
  origin: z.string().optional(),
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
      const { origin, pdus, edus } = parseBody(shape, call)
      call.log.set({ txn: txnId, pdus: pdus.length, edus: edus.length })
      refuseAnothersName(call, origin)
      limits?.take(call.origin, pdus, edus)
      return { pdus: await rooms.receiveTransaction(call.origin, txnId, pdus, edus, call.log) }
    },
  }
}

/**
 * The body names the sender once more, which the request has proved. One that says two things is refused (400)
 * rather than taken for either.
 */
function refuseAnothersName(call: Call, origin: string | undefined): void {
  if (origin === undefined || origin === call.origin) return
  throw invalidParam(
    `The transaction says that ${origin.slice(0, 255)} sends it, but ${call.origin} signed it.`,
  )
}
