import {
  Direction,
  EventTimeline,
  MatrixEventEvent,
  RoomEvent as SdkRoomEvent,
  type MatrixClient,
  type MatrixEvent,
} from 'matrix-js-sdk'
import { writable, type Writable } from './readable.ts'
import type { Readable } from './types.ts'

/** A vote or the end of a poll. */
export interface PollActivity {
  readonly id: string
  readonly type: string
  readonly sender: string
  readonly ts: number
  readonly content: Readonly<Record<string, unknown>>
}

export interface PollSnapshot {
  readonly events: readonly PollActivity[]
  readonly status: 'loading' | 'ready' | 'failed'
  /** May this person end the poll? The author may, and who may delete messages. */
  readonly mayEnd: (userId: string) => boolean
}

const MOST_PAGES = 50
const KIND = /^(?:m|org\.matrix\.msc3381)\.poll\.(?:response|end)$/

/** The votes of polls: read once by their relations, then kept up by the sync. */
export function createPolls(
  sdk: MatrixClient,
  send: (roomId: string, content: Record<string, unknown>, type: string) => void,
) {
  interface Entry {
    readonly value: Writable<PollSnapshot>
    readonly take: (event: MatrixEvent) => void
    readonly drop: (eventId: string) => void
  }
  const polls = new Map<string, Entry>()

  function targetOf(event: MatrixEvent): string | undefined {
    if (!KIND.test(event.getType())) return undefined
    const target: unknown = event.getContent()['m.relates_to']?.event_id
    return typeof target === 'string' ? target : undefined
  }

  function note(event: MatrixEvent): void {
    const target = targetOf(event)
    if (target !== undefined) polls.get(target)?.take(event)
  }
  sdk.on(SdkRoomEvent.Timeline, note)
  sdk.on(MatrixEventEvent.Decrypted, note)
  sdk.on(SdkRoomEvent.Redaction, (redaction) => {
    const gone = redaction.getAssociatedId()
    if (gone !== undefined) for (const poll of polls.values()) poll.drop(gone)
  })

  function open(roomId: string, pollId: string, author: string): Entry {
    const events = new Map<string, PollActivity>()
    const mayEnd = (userId: string): boolean => {
      if (userId === author) return true
      const room = sdk.getRoom(roomId)
      const power = room?.getMember(userId)?.powerLevel ?? 0
      const state = room?.getLiveTimeline().getState(EventTimeline.FORWARDS)
      return state?.hasSufficientPowerLevelFor('redact', power) ?? false
    }
    const value = writable<PollSnapshot>({ events: [], status: 'loading', mayEnd })
    const publish = (status: PollSnapshot['status']): void =>
      value.set({ events: [...events.values()], status, mayEnd })

    function take(event: MatrixEvent): void {
      const id = event.getId()
      if (id === undefined || event.isRedacted()) return
      events.set(id, {
        id,
        type: event.getType(),
        sender: event.getSender() ?? '',
        ts: event.getTs(),
        content: event.getContent(),
      })
      publish(value.get().status)
    }

    async function load(): Promise<void> {
      let from: string | undefined
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer = await sdk.relations(roomId, pollId, 'm.reference', undefined, {
          dir: Direction.Backward,
          limit: 100,
          ...(from === undefined ? {} : { from }),
        })
        for (const event of answer.events) if (KIND.test(event.getType())) take(event)
        from = answer.nextBatch ?? undefined
        if (from === undefined) break
      }
      publish('ready')
    }
    load().catch((error: unknown) => {
      console.warn('The votes could not be read', error)
      publish('failed')
      polls.delete(pollId)
    })
    const drop = (eventId: string): void => {
      if (events.delete(eventId)) publish(value.get().status)
    }
    return { value, take, drop }
  }

  return {
    /** The votes of a poll; `author` is who asked. */
    poll(roomId: string, pollId: string, author: string): Readable<PollSnapshot> {
      let entry = polls.get(pollId)
      if (entry === undefined) {
        entry = open(roomId, pollId, author)
        polls.set(pollId, entry)
      }
      return entry.value
    },
    /** No answers take the vote back. */
    vote(roomId: string, pollId: string, answers: readonly string[]): void {
      send(
        roomId,
        {
          'org.matrix.msc3381.poll.response': { answers: [...answers] },
          'm.relates_to': { rel_type: 'm.reference', event_id: pollId },
        },
        'org.matrix.msc3381.poll.response',
      )
    },
    endPoll(roomId: string, pollId: string): void {
      send(
        roomId,
        {
          'org.matrix.msc3381.poll.end': {},
          'org.matrix.msc1767.text': 'The poll has ended.',
          body: 'The poll has ended.',
          'm.relates_to': { rel_type: 'm.reference', event_id: pollId },
        },
        'org.matrix.msc3381.poll.end',
      )
    },
  }
}
