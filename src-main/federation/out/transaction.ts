import { canonicalJsonLenient } from '../../core/canonical-json.ts'
import { isObject, ownString } from '../../core/json.ts'
import type { EventId, JsonObject, PduJson, ServerName } from '../../core/types.ts'
import type { RemoteError } from '../../rooms/ports.ts'
import type { OutboxTransaction } from './ports.ts'

const MAX_ERROR = 500

/** The body of `PUT /send/{txnId}`. */
export function transactionJson(origin: ServerName, txn: OutboxTransaction): JsonObject {
  return {
    origin,
    origin_server_ts: txn.originServerTs,
    pdus: txn.pdus.map(({ json }) => json),
    edus: [...txn.edus],
  }
}

/**
 * Its canonical JSON. Each event is written once for all its destinations. Throws `CanonicalJsonError` for what
 * has no such form.
 */
export function transactionText(origin: ServerName, txn: OutboxTransaction): string {
  const pdus = txn.pdus.map(({ json }) => textOfPdu(json)).join(',')
  const others = canonicalJsonLenient({ edus: txn.edus, origin, origin_server_ts: txn.originServerTs })
  return `${others.slice(0, -1)},"pdus":[${pdus}]}`
}

const texts = new WeakMap<PduJson, string>()

function textOfPdu(json: PduJson): string {
  let text = texts.get(json)
  if (text === undefined) {
    text = canonicalJsonLenient(json)
    texts.set(json, text)
  }
  return text
}

/** Of the answer to a transaction: what the destination did not take. It has decided; again would be the same. */
export function refusedEvents(txn: OutboxTransaction, answer: JsonObject): Map<EventId, string> {
  const results = isObject(answer['pdus']) ? answer['pdus'] : {}
  const errors = new Map<EventId, string>()
  for (const { eventId } of txn.pdus) {
    const error = ownString(Object.hasOwn(results, eventId) ? results[eventId] : undefined, 'error')
    if (error !== undefined) errors.set(eventId, error.slice(0, MAX_ERROR))
  }
  return errors
}

/**
 * Does the answer say that the contents are at fault, so that the same again would be refused again?
 * Not for what depends on who asks, how fast, or where the request ended up (401, 403, 404, 429, …), nor
 * for a bare 400, which a proxy in front of the server may have given.
 */
export function refusesContent(error: RemoteError): boolean {
  return (
    error.status === 413 || ((error.status === 400 || error.status === 422) && error.errcode !== undefined)
  )
}
