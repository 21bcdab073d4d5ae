import { z } from 'zod'
import './zod-config.ts'
import type { PendingMessage } from './types.ts'

/** What became of one attempt to hand a message to the own node. */
export type SendResult =
  | { kind: 'sent'; eventId: string }
  | { kind: 'retry'; afterMs: number | undefined }
  | { kind: 'refused'; error: string }

export interface OutboxOptions {
  /** `PUT /rooms/{roomId}/send/{type}/{txnId}`; must not reject. */
  readonly send: (message: PendingMessage) => Promise<SendResult>
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>
  readonly storageKey: string
  readonly onChange: (roomId: string) => void
  readonly now: () => number
  readonly newTxnId: () => string
  readonly wait: (ms: number) => { promise: Promise<void>; cancel: () => void }
}

export interface Outbox {
  /** `type` is the event type, `m.room.message` unless said. */
  add(roomId: string, content: Record<string, unknown>, type?: string): void
  pending(roomId: string): readonly PendingMessage[]
  retry(txnId: string): void
  discard(txnId: string): void
  /** The timeline shows the event: its place-holder goes. */
  seen(roomId: string, eventId: string, txnId: string | undefined): void
  /** The connection is back: try now instead of at the end of the pause. */
  wake(): void
  stop(): void
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5_000
const NONE: readonly PendingMessage[] = []

const storedSchema = z.array(
  z.object({
    txnId: z.string(),
    roomId: z.string(),
    type: z.string().default('m.room.message'),
    content: z.record(z.string(), z.unknown()),
    threadId: z.string().optional(),
    ts: z.number(),
    state: z.enum(['waiting', 'sent', 'failed']),
    eventId: z.string().optional(),
    error: z.string().optional(),
  }),
)

/**
 * Messages on their way to the own node: kept over a reload, in order within a room, each with one
 * transaction id for all its attempts (so that a repeated attempt has no second effect). A refused message
 * stays, marked as failed, and does not hold up the ones behind it; an unreachable node is asked again.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  let messages: PendingMessage[] = load(options)
  const running = new Set<string>()
  const pauses = new Map<string, () => void>()
  let stopped = false

  function change(txnId: string, patch: Partial<PendingMessage> | 'remove'): void {
    const before = messages.find((each) => each.txnId === txnId)
    if (before === undefined) return
    messages =
      patch === 'remove'
        ? messages.filter((each) => each !== before)
        : messages.map((each) => (each === before ? { ...each, ...patch } : each))
    save()
    options.onChange(before.roomId)
  }

  function save(): void {
    try {
      options.storage.setItem(options.storageKey, JSON.stringify(messages))
    } catch (error) {
      // A full storage must not stop the message itself, which is still in memory.
      console.warn('The outbox could not be kept on disk', error)
    }
  }

  async function drain(roomId: string): Promise<void> {
    if (running.has(roomId)) return
    running.add(roomId)
    let pauseMs = FIRST_PAUSE_MS
    try {
      for (;;) {
        const next = messages.find((each) => each.roomId === roomId && each.state === 'waiting')
        if (next === undefined || stopped) return
        const result = await options.send(next)
        if (result.kind === 'sent') {
          change(next.txnId, { state: 'sent', eventId: result.eventId })
          pauseMs = FIRST_PAUSE_MS
        } else if (result.kind === 'refused') {
          change(next.txnId, { state: 'failed', error: result.error })
        } else {
          const pause = options.wait(result.afterMs ?? pauseMs)
          pauses.set(roomId, pause.cancel)
          await pause.promise
          pauses.delete(roomId)
          pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
        }
      }
    } finally {
      running.delete(roomId)
    }
  }

  function start(roomId: string): void {
    drain(roomId).catch((error: unknown) => console.error('The outbox stopped', error))
  }

  const outbox: Outbox = {
    add(roomId, content, type = 'm.room.message') {
      messages = [
        ...messages,
        {
          txnId: options.newTxnId(),
          roomId,
          type,
          content,
          threadId: undefined,
          ts: options.now(),
          state: 'waiting',
          eventId: undefined,
          error: undefined,
        },
      ]
      save()
      options.onChange(roomId)
      start(roomId)
    },
    pending(roomId) {
      const found = messages.filter((each) => each.roomId === roomId)
      return found.length === 0 ? NONE : found
    },
    retry(txnId) {
      const message = messages.find((each) => each.txnId === txnId)
      if (message?.state !== 'failed') return
      change(txnId, { state: 'waiting', error: undefined })
      start(message.roomId)
    },
    discard: (txnId) => change(txnId, 'remove'),
    seen(roomId, eventId, txnId) {
      const match = messages.find(
        (each) => each.roomId === roomId && (each.eventId === eventId || each.txnId === txnId),
      )
      if (match !== undefined) change(match.txnId, 'remove')
    },
    wake() {
      for (const cancel of pauses.values()) cancel()
      for (const roomId of new Set(messages.map((each) => each.roomId))) start(roomId)
    },
    stop() {
      stopped = true
      for (const cancel of pauses.values()) cancel()
    },
  }
  return outbox
}

function load(options: OutboxOptions): PendingMessage[] {
  try {
    const parsed = storedSchema.safeParse(JSON.parse(options.storage.getItem(options.storageKey) ?? '[]'))
    if (!parsed.success) return []
    // A message confirmed before the reload is in the node's timeline already.
    return parsed.data
      .filter((each) => each.state !== 'sent')
      .map((each) => ({ ...each, threadId: each.threadId, eventId: each.eventId, error: each.error }))
  } catch {
    return []
  }
}
