import { refersTo, withReference } from './outbox-references.ts'
import { loadOutbox, saveOutbox } from './outbox-store.ts'
import type { PendingMessage } from './types.ts'

/** What became of one attempt to hand a message to the own node. */
export type SendResult =
  | { kind: 'sent'; eventId: string }
  | { kind: 'retry'; afterMs: number | undefined }
  | { kind: 'refused'; error: string }

/** A message on its way, or a change of one: a reaction, an edit, a deletion, a vote. */
export interface OutboxItem extends PendingMessage {
  readonly kind: 'send' | 'redact'
  /** Id of the event that it changes: of a waiting one, its transaction id, until the node has named it. */
  readonly target: string | undefined
  /** Waits for something else than its turn, such as the upload of its file. */
  readonly held: boolean
  /** May have reached the node, whatever became of the answer. */
  readonly attempted: boolean
}

export type NewItem = Partial<
  Pick<OutboxItem, 'type' | 'kind' | 'threadId' | 'target' | 'held' | 'txnId' | 'ts'>
>

export interface OutboxOptions {
  /** `PUT /rooms/{roomId}/send/{type}/{txnId}`, or `…/redact/{target}/{txnId}`; must not reject. */
  readonly send: (message: OutboxItem) => Promise<SendResult>
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>
  readonly storageKey: string
  readonly onChange: (roomId: string) => void
  /** Of the file that a held message waits for, what is still to be uploaded. */
  readonly bytesLeft: (txnId: string) => number
  /** The node refused a reaction or a deletion: it is given up, as nothing is there to show it at. */
  readonly onRefused?: (item: OutboxItem, error: string) => void
  readonly now: () => number
  readonly newTxnId: () => string
  readonly wait: (ms: number) => { promise: Promise<void>; cancel: () => void }
}

export interface Outbox {
  /** Sends `m.room.message` unless said otherwise. Returns the transaction id. */
  add(roomId: string, content: Readonly<Record<string, unknown>>, item?: NewItem): string
  items(roomId: string): readonly OutboxItem[]
  find(txnId: string): OutboxItem | undefined
  /** What a held message waited for is there. */
  release(txnId: string, content: Readonly<Record<string, unknown>>): void
  /** It is not there, and will not be without help: those behind it go on. */
  park(txnId: string, error: string): void
  retry(txnId: string): void
  /** Gives it up, and with it what was to change it. */
  discard(txnId: string): void
  /** Held messages for which nobody waits any more are given up. */
  forgetHeld(isWaitedFor: (txnId: string) => boolean): void
  /** Confirmed messages of this room are not waited for any more: its timeline begins anew. */
  forgetSent(roomId: string): void
  /** The timeline shows the event: its place-holder goes. */
  seen(roomId: string, eventId: string, txnId: string | undefined): void
  /** The connection is back: try now instead of at the end of the pause. */
  wake(): void
  stop(): void
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5_000
/** With more of files ahead of it than this, a message does not wait for them. */
const WORTH_WAITING_FOR_BYTES = 4 * 1024 * 1024
const NONE: readonly OutboxItem[] = []

/**
 * Messages on their way to the own node: kept over a reload, in order within a room, each with one
 * transaction id for all its attempts (so that a repeated attempt has no second effect). A refused message
 * stays, marked as failed, and does not hold up the ones behind it; an unreachable node is asked again.
 * A message whose large file is being uploaded is overtaken by those behind it, except by what is about it.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  let messages: OutboxItem[] = loadOutbox(options)
  const running = new Set<string>()
  const pauses = new Map<string, () => void>()
  let stopped = false

  function change(txnId: string, patch: Partial<OutboxItem> | 'remove'): void {
    const before = messages.find((each) => each.txnId === txnId)
    if (before === undefined) return
    messages =
      patch === 'remove'
        ? messages.filter((each) => each !== before)
        : messages.map((each) => (each === before ? { ...each, ...patch } : each))
    saveOutbox(options, messages)
    options.onChange(before.roomId)
  }

  /** What changes a message that failed waits for what becomes of that. */
  function isBlocked(item: OutboxItem): boolean {
    return messages.some((each) => each.state === 'failed' && refersTo(item, each.txnId))
  }

  /** Whose turn it is: the first that waits for nothing, unless files ahead of it will soon be there. */
  function nextOf(roomId: string): OutboxItem | undefined {
    const passed: string[] = []
    let bytesAhead = 0
    for (const each of messages) {
      if (each.roomId !== roomId || each.state !== 'waiting' || isBlocked(each)) continue
      if (each.held) bytesAhead += options.bytesLeft(each.txnId)
      else if (!passed.some((id) => refersTo(each, id)))
        return passed.length === 0 || bytesAhead > WORTH_WAITING_FOR_BYTES ? each : undefined
      passed.push(each.txnId)
    }
    return undefined
  }

  /** The node has named a message: what refers to it says so by its event id. */
  function resolve(roomId: string, txnId: string, eventId: string): void {
    messages = messages.map((each) =>
      each.roomId === roomId && refersTo(each, txnId) ? withReference(each, txnId, eventId) : each,
    )
  }

  function refuse(item: OutboxItem, error: string): void {
    // An edit is words that somebody wrote; a reaction is given again with one click.
    if (item.kind === 'redact' || item.type === 'm.reaction') {
      change(item.txnId, 'remove')
      options.onRefused?.(item, error)
    } else {
      change(item.txnId, { state: 'failed', error })
    }
  }

  async function drain(roomId: string): Promise<void> {
    if (running.has(roomId)) return
    running.add(roomId)
    let pauseMs = FIRST_PAUSE_MS
    try {
      for (;;) {
        const next = nextOf(roomId)
        if (next === undefined || stopped) return
        if (!next.attempted) change(next.txnId, { attempted: true })
        const result = await options.send({ ...next, attempted: true })
        if (result.kind === 'sent') {
          resolve(roomId, next.txnId, result.eventId)
          change(next.txnId, { state: 'sent', eventId: result.eventId })
          pauseMs = FIRST_PAUSE_MS
        } else if (result.kind === 'refused') {
          refuse(next, result.error)
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
    add(roomId, content, item = {}) {
      const txnId = item.txnId ?? options.newTxnId()
      messages = [
        ...messages,
        {
          txnId,
          roomId,
          type: item.type ?? 'm.room.message',
          content,
          kind: item.kind ?? 'send',
          target: item.target,
          held: item.held ?? false,
          attempted: false,
          threadId: item.threadId,
          ts: item.ts ?? options.now(),
          state: 'waiting',
          eventId: undefined,
          error: undefined,
        },
      ]
      saveOutbox(options, messages)
      options.onChange(roomId)
      start(roomId)
      return txnId
    },
    items(roomId) {
      const found = messages.filter((each) => each.roomId === roomId)
      return found.length === 0 ? NONE : found
    },
    find: (txnId) => messages.find((each) => each.txnId === txnId),
    release(txnId, content) {
      const item = messages.find((each) => each.txnId === txnId)
      if (item === undefined) return
      change(txnId, { held: false, state: 'waiting', content, error: undefined })
      start(item.roomId)
    },
    park(txnId, error) {
      const item = messages.find((each) => each.txnId === txnId)
      if (item === undefined) return
      change(txnId, { state: 'failed', error })
      start(item.roomId)
    },
    retry(txnId) {
      const message = messages.find((each) => each.txnId === txnId)
      if (message?.state !== 'failed') return
      change(txnId, { state: 'waiting', error: undefined })
      start(message.roomId)
    },
    discard(txnId) {
      const item = messages.find((each) => each.txnId === txnId)
      if (item === undefined) return
      for (const each of messages)
        if (refersTo(each, txnId) && each.target === txnId) outbox.discard(each.txnId)
      change(txnId, 'remove')
      start(item.roomId)
    },
    forgetHeld(isWaitedFor) {
      for (const each of messages) if (each.held && !isWaitedFor(each.txnId)) outbox.discard(each.txnId)
    },
    forgetSent(roomId) {
      for (const each of messages) {
        if (each.roomId === roomId && each.state === 'sent') change(each.txnId, 'remove')
      }
    },
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
