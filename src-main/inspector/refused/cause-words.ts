import type { RefusalCause } from '../../rooms/refusals/ports.ts'

export interface CauseWords {
  /** A few words. */
  readonly title: string
  /** What is asked for, in a sentence or two. */
  readonly meaning: string
  /** How it may have come about. */
  readonly how: string
  /** Where it is written, below `https://spec.matrix.org/`. */
  readonly spec?: string
}

const CHECKS = 'v1.18/server-server-api/#checks-performed-on-receipt-of-a-pdu'

/** Each check that an event can fail, in plain words. */
export const causeWords: Readonly<Record<RefusalCause, CauseWords>> = {
  format: {
    title: 'It is malformed',
    meaning: 'Each room version says which fields an event has and what they may hold. This one differs.',
    how: 'The software of the server that sent it has a fault, or somebody tries what happens. Nothing of it can be used.',
    spec: CHECKS,
  },
  size: {
    title: 'It is too large',
    meaning: 'An event may have 65,536 bytes, and its identifiers 255 bytes each.',
    how: 'An honest server refuses to send such an event. The sending one does not check, or means harm.',
    spec: 'v1.18/client-server-api/#size-limits',
  },
  signature: {
    title: 'A signature does not hold',
    meaning: 'An event counts only when the server of its sender has signed it with a key that it publishes.',
    how: 'It was changed after it was signed, or it was never signed by that server, or the server signs with a key that it does not show to others.',
    spec: 'v1.18/server-server-api/#validating-hashes-and-signatures-on-received-events',
  },
  keys: {
    title: 'The keys to check it could not be had',
    meaning:
      'To check a signature one needs the key of the server that made it, from that server or from others who know it.',
    how: 'The server that signed it was away for hours, and nobody else could tell its keys. If it is sent again, it is checked again.',
    spec: 'v1.18/server-server-api/#retrieving-server-keys',
  },
  hash: {
    title: 'The content is not what its sender wrote',
    meaning:
      'Each event carries a hash of its content. Where it does not match, only what redaction leaves may be kept: the event, without what it says.',
    how: 'Somebody on the way changed the content, or passed on a form of it that was cut. The signature still holds, as it covers only the rest.',
    spec: 'v1.18/server-server-api/#validating-hashes-and-signatures-on-received-events',
  },
  'auth-events': {
    title: 'The events that it cites do not allow it',
    meaning: 'Every event names the state that gives it the right to be. By those events, it has none.',
    how: 'An honest server checks the same before it sends. The sending one has a fault, or tries something that its user may not do.',
    spec: CHECKS,
  },
  'state-before': {
    title: 'The state of the room before it does not allow it',
    meaning:
      'What it cites would allow it, and those events were not the state of the room any more at the place that it takes.',
    how: 'The sender cites rights from before they were taken, or its server resolves the state of the room otherwise than this one.',
    spec: CHECKS,
  },
  'current-state': {
    title: 'The room does not allow it any more',
    meaning:
      'It was allowed at the place in the room that it claims, and is not by the state of today. So it is not shown; where others build on it, it counts. That is called a soft failure.',
    how: 'Either the sender’s server had not heard of the change when it was sent, as both crossed on the way; or the sender pretends to have written before the change.',
    spec: 'v1.18/server-server-api/#soft-failure',
  },
  'policy-server': {
    title: 'The policy server does not recommend it',
    meaning:
      'The room names a server that looks at each event before it is shown, and signs those that may be.',
    how: 'The policy server judged against it, or could not be asked in time.',
    spec: 'v1.18/server-server-api/#validating-policy-server-signatures',
  },
  acl: {
    title: 'The room denies that server',
    meaning: 'The room’s m.room.server_acl says which servers may take part. The one that sent this may not.',
    how: 'Moderators of the room have denied the server, and it has not noticed or does not mind.',
    spec: 'v1.18/server-server-api/#server-access-control-lists-acls',
  },
  'denied-server': {
    title: 'The settings of this Hearth deny that server',
    meaning: 'The owner decides with which servers this Hearth talks: Settings, “Servers”.',
    how: 'The server is denied there, or is none of those that are allowed. Nothing is wrong with the event itself.',
  },
  'not-in-room': {
    title: 'Nobody here is in that room',
    meaning: 'A server takes events only of rooms in which one of its users is.',
    how: 'The last person here left the room, and the other server does not know yet; or it has made a mistake.',
  },
  'other-room': {
    title: 'It is of another room',
    meaning: 'An event belongs to one room, and may follow only on events of the same.',
    how: 'No honest server makes such an event. The sending one has a fault, or tries to carry rights from one room to another.',
    spec: CHECKS,
  },
  'id-taken': {
    title: 'Another event has its id',
    meaning:
      'In room versions 1 and 2 a server chooses the ids of its events. The first event with an id keeps it.',
    how: 'The server gave one id to two events. Newer room versions make that impossible.',
    spec: 'v1.18/rooms/v1/#event-ids',
  },
  missing: {
    title: 'What it rests on could not be had',
    meaning:
      'An event follows on others, and cites others. Without them it has no place and cannot be judged.',
    how: 'None of the servers in the room gave the missing events, although they were asked again and again.',
    spec: CHECKS,
  },
  request: {
    title: 'A request to join, leave, knock or invite was refused',
    meaning:
      'Such events come as requests of their own, and the other server is told at once why they are refused.',
    how: 'The other server asked for something that the room, or its state by now, does not allow.',
    spec: 'v1.18/server-server-api/#joining-rooms',
  },
}
