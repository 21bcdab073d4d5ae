import type { Delivery } from '../client/types.ts'
import { listNames, plural } from './text.ts'

/** "Mia’s computer", or the server's name where nobody of the room is known on it. */
export function whoseComputer(delivery: Delivery): string {
  const names = delivery.people.map((person) => person.name)
  const [only] = names
  if (only === undefined) return delivery.serverName
  // A name that is a key is a computer of its owner; a domain is a server of many.
  const personal = delivery.serverName.endsWith('.local')
  if (personal && names.length === 1) return `${only}’s computer`
  return personal ? `the computer of ${listNames(names)}` : `${delivery.serverName} (${listNames(names)})`
}

/** One row of the details, and the mark of a message: "Waiting for Mia’s computer". */
export function describeDelivery(delivery: Delivery): string {
  const whose = whoseComputer(delivery)
  switch (delivery.state) {
    case 'waiting':
      return delivery.denied
        ? `Not accepted by ${whose}, which does not allow this Hearth`
        : `Waiting for ${whose}`
    case 'delivered':
      return `Delivered to ${whose}`
    case 'refused':
      return `Refused by ${whose}`
    case 'failed':
      return `Could not be delivered to ${whose}`
  }
}

/** A message in one word and one sentence; `sent` while nothing is known of other computers. */
export function summariseDelivery(all: readonly Delivery[] | undefined): {
  readonly state: 'sent' | 'delivered'
  readonly words: string
} {
  if (all === undefined || all.length === 0) return { state: 'sent', words: 'Sent' }
  const open = all.filter((each) => each.state !== 'delivered')
  const [first] = open
  if (first === undefined) return { state: 'delivered', words: 'Delivered' }
  if (open.length === 1) return { state: 'sent', words: describeDelivery(first) }
  const waiting = open.filter((each) => each.state === 'waiting').length
  return {
    state: 'sent',
    words:
      waiting === open.length
        ? `Waiting for ${plural(waiting, 'computer')}`
        : `Not delivered to ${plural(open.length, 'computer')} yet`,
  }
}
