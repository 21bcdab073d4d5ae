import { clockWords } from '../../federation/clock-words.ts'
import type { EventPathAnswer } from '../../federation/event-path.ts'
import type { Told } from './ports.ts'
import type { PathStep, TherePath } from './schema.ts'

/** What another server told of an event, in the time of this one's clock. */
export function composeThere(server: string, told: Told): TherePath {
  if (told.state === 'mute')
    return {
      server,
      state: 'mute',
      words: 'This server does not tell: only Hearths tell each other how a message fared.',
      steps: [],
    }
  if (told.state === 'unknown-there')
    return {
      server,
      state: 'told',
      words: 'What the other server says.',
      steps: [{ kind: 'received', state: 'failed', words: 'It says that it knows nothing of this event.' }],
    }
  if (told.state !== 'told') return { server, state: told.state, words: told.words, steps: [] }
  const { answer, asked, took } = told
  // It looked at its clock somewhere between the question and the answer.
  const within = Math.ceil(took / 2)
  const ahead = Math.round(answer.now - (asked + took / 2))
  return {
    server,
    state: 'told',
    words: 'What the other server says.',
    clock: {
      ahead_ms: ahead,
      within_ms: within,
      words: `${clockWords(ahead, within)} Its times are corrected by that.`,
    },
    steps: stepsOf(answer, ahead),
  }
}

function stepsOf({ received, verdict, visible_ts: visible }: EventPathAnswer, ahead: number): PathStep[] {
  const steps: PathStep[] = []
  if (received !== undefined)
    steps.push({
      kind: received.how === 'own' ? 'composed' : 'received',
      state: 'done',
      ts: received.ts - ahead,
      words: HOW[received.how],
    })
  if (verdict !== undefined) {
    const reason = verdict.reason === undefined ? {} : { reason: verdict.reason }
    const { state, words } = VERDICTS[verdict.state]
    const at = verdict.ts === undefined ? {} : { ts: verdict.ts - ahead }
    steps.push({ kind: 'authorised', state, words, ...at, ...reason })
    if (verdict.state === 'accepted')
      steps.push(
        visible === undefined
          ? {
              kind: 'visible',
              state: 'unknown',
              words: 'No app there has fetched it, as far as that server tells.',
            }
          : { kind: 'visible', state: 'done', ts: visible - ahead, words: 'An app there was given it.' },
      )
    else if (state === 'failed')
      steps.push({ kind: 'visible', state: 'failed', words: 'It is not shown to anybody there.' })
  }
  return steps
}

const HOW: Readonly<Record<NonNullable<EventPathAnswer['received']>['how'], string>> = {
  own: 'It was written there.',
  sent: 'It came there in a transaction.',
  collected: 'That server came for it, as it cannot be dialled from here.',
  fetched: 'It was missing there, and asked for.',
  unknown: 'It came there; how is not recorded any more.',
}

const VERDICTS: Readonly<
  Record<NonNullable<EventPathAnswer['verdict']>['state'], { state: PathStep['state']; words: string }>
> = {
  accepted: { state: 'done', words: 'The rules of the room allow it, says the other server.' },
  outlier: { state: 'done', words: 'Kept there because other events name it; it has no place in the room.' },
  'soft-failed': {
    state: 'failed',
    words:
      'Soft-failed there: right when it was written, but not by the state of the room as that server has it.',
  },
  rejected: {
    state: 'failed',
    words: 'Rejected there: by that server, the rules of the room do not allow it.',
  },
  dropped: { state: 'failed', words: 'Not taken there.' },
  waiting: { state: 'waiting', words: 'It waits there for what it needs to be judged.' },
}
