import type { JsonObject, Pdu } from '../../core/types.ts'
import type { SignaturesReport } from '../../core/signature-report.ts'
import type { InspectedKey } from '../event/ports.ts'

/** What the signatures of an event that failed say about how that came about. */
export function signatureWords(report: SignaturesReport<InspectedKey>): string[] {
  return report.lacking.map((server) => {
    const own = report.signatures.filter((one) => one.server === server)
    const wrong = own.find((one) => one.result === 'wrong')
    if (own.length === 0) {
      return `${server} has not signed it at all: somebody sent it in that server’s name, or its signature was taken away.`
    }
    if (wrong?.key?.from === 'name') {
      return `The name of ${server} is its key, and that key did not make the signature: the event was changed after it was signed, or is not by that server.`
    }
    if (wrong !== undefined) {
      return `${server} has a key ${wrong.keyId}, and that key did not make the signature: the event was changed, or the server was set up anew and signs with another key of the same name.`
    }
    if (own.some((one) => one.result === 'not valid then')) {
      return `The signature is right, and the key was no longer valid at the time that the event claims: the clock of ${server} is wrong, or somebody uses an old key of it.`
    }
    return `${server} does not publish the key ${own.map((one) => one.keyId).join(', ')}: it changed its key and does not tell of the old one, or somebody signed with a key of their own.`
  })
}

/** A piece of state, as what stands in the way of an event. */
export function stateWords(pdu: Pdu): string {
  const { content, sender } = pdu
  const by = `set by ${sender}`
  const value = (key: string): string => (typeof content[key] === 'string' ? content[key] : 'nothing valid')
  switch (pdu.type) {
    case 'm.room.member':
      return `The membership of ${pdu.stateKey} is “${value('membership')}”, ${by}.`
    case 'm.room.join_rules':
      return `The join rule is “${value('join_rule')}”, ${by}.`
    case 'm.room.power_levels':
      return `The power levels are those ${by}.`
    case 'm.room.create':
      return `The room was created by ${sender}.`
    case 'm.room.server_acl':
      return `Which servers may take part was ${by}.`
    default:
      return `${pdu.type} was ${by}.`
  }
}

/** `{ event_id, words }` */
export function standsInTheWay(pdu: Pdu): JsonObject {
  return { event_id: pdu.eventId, words: stateWords(pdu) }
}
