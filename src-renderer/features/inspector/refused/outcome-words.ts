import type { Tone } from '../../../ui/tag.tsx'
import type { Refusal } from './schema.ts'

export const outcomeWords: Readonly<Record<Refusal['outcome'], { word: string; tone: Tone; help: string }>> =
  {
    rejected: {
      word: 'Rejected',
      tone: 'danger',
      help: 'It is kept, so that others can be checked against it, and counts for nothing.',
    },
    'soft-failed': {
      word: 'Soft-failed',
      tone: 'warn',
      help: 'It is kept and not shown. Where others build on it, it counts.',
    },
    'not-kept': {
      word: 'Not kept',
      tone: 'danger',
      help: 'Nothing of it is here but what you see on this page.',
    },
    redacted: {
      word: 'Kept without its content',
      tone: 'warn',
      help: 'The event is part of the room, as if it had been deleted.',
    },
  }
