import type { Signer } from './core/types.ts'
import type { Connections } from './federation/out/connections.ts'
import { curlCommand } from './federation/out/curl-command.ts'
import { transactionJson } from './federation/out/transaction.ts'
import type { CurlSource } from './inspector/curl-endpoints.ts'
import type { RoomStore } from './rooms/ports.ts'
import type { Clock } from './trace/clock.ts'

/** Requests to other servers as commands; the body of a transaction is made anew of its events. */
export function createCurl(parts: {
  readonly signer: Signer
  readonly store: Pick<RoomStore, 'getEvent'>
  readonly connections: Pick<Connections, 'whereIs'>
  readonly clock: Clock
}): CurlSource['curl'] {
  return async ({ server, method, uri, content, events }) => {
    const pdus = events?.flatMap((eventId) => {
      const json = parts.store.getEvent(eventId)?.pdu.json
      return json === undefined ? [] : [{ eventId, json }]
    })
    const made =
      pdus === undefined
        ? content
        : transactionJson(parts.signer.serverName, {
            destination: server,
            txnId: '',
            originServerTs: parts.clock.now(),
            pdus,
            edus: [],
          })
    const where = await parts.connections.whereIs(server)
    const { command, notes } = curlCommand(parts.signer, { server, method, uri, content: made }, where)
    const anew =
      'The body was not kept. It is made anew of the events, as they are now, and without EDUs such as typing and receipts.'
    return { command, notes: pdus === undefined ? notes : [...notes, anew] }
  }
}
