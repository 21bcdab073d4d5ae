import type { Tone } from '../../../ui/tag.tsx'
import type { InspectedEvent, Reference, Signature, Verdict } from './schema.ts'

export const statusWords: Readonly<Record<Reference['status'], { word: string; tone: Tone; help: string }>> =
  {
    accepted: { word: 'Accepted', tone: 'ok', help: 'It is part of the room.' },
    'soft-failed': {
      word: 'Soft-failed',
      tone: 'warn',
      help: 'What it cites allows it, and the room’s state when it arrived did not. It is kept and not shown; where others build on it, it still counts.',
    },
    rejected: {
      word: 'Rejected',
      tone: 'danger',
      help: 'The rules of the room forbid it. It is kept so that others can be checked against it, and counts for nothing.',
    },
    outlier: {
      word: 'Outlier',
      tone: 'neutral',
      help: 'It is known because others rest on it; its own place in the room is not known here.',
    },
    missing: { word: 'Not here', tone: 'neutral', help: 'This Hearth does not have it.' },
  }

export const againstWords: Readonly<Record<Verdict['against'], { title: string; help: string }>> = {
  auth_events: {
    title: 'By the events that it cites',
    help: 'If these do not allow it, it is rejected.',
  },
  state_before: {
    title: 'By the state of the room before it',
    help: 'If that does not allow it, it is rejected.',
  },
  current_state: {
    title: 'By the state of the room now',
    help: 'It counts in the moment an event arrives: what it does not allow then is soft-failed. Later changes of the room undo nothing.',
  },
}

export const signatureWords: Readonly<Record<Signature['result'], { word: string; tone: Tone }>> = {
  valid: { word: 'Holds', tone: 'ok' },
  wrong: { word: 'Wrong', tone: 'danger' },
  'not valid then': { word: 'Key not valid then', tone: 'danger' },
  'key not known': { word: 'Key not known here', tone: 'warn' },
  policy: { word: 'Of the policy server', tone: 'neutral' },
}

export const keySourceWords: Readonly<Record<NonNullable<Signature['key']>['from'], string>> = {
  own: 'this Hearth’s own key',
  name: 'the server’s name is its key',
  server: 'the server published it',
  others: 'other servers vouched for it',
}

/** The content hash does not match: why that may well be so. */
export function contentHashWords(event: Pick<InspectedEvent, 'hashes' | 'redacted_by'>): string {
  if (event.hashes.content.matches) return 'The content is what its sender wrote.'
  return event.redacted_by === undefined
    ? 'The content is not what its sender hashed, so only the part that redaction leaves is kept.'
    : 'It was deleted: the hash is of what it was before.'
}

/** `m.room.member (join)`, `m.room.topic`, `m.room.message`. */
export function kindOf(event: Pick<Reference, 'type' | 'membership'>): string {
  if (event.type === undefined) return 'Unknown event'
  return event.membership === undefined || event.membership === ''
    ? event.type
    : `${event.type} (${event.membership})`
}
