import { EventType, MatrixError, Method, type MatrixClient } from 'matrix-js-sdk'
import { describeError } from './media.ts'
import { editContent, forwardContent, messageContent, relatesTo } from './message-content.ts'
import type { Outbox, OutboxItem, SendResult } from './outbox.ts'
import { isDrawn, relationOf } from './raw-event.ts'
import type { OutgoingMessage, RoomEvent, SendTarget } from './types.ts'

/** Sends one item of the outbox; never rejects. */
export async function sendToNode(sdk: MatrixClient, item: OutboxItem): Promise<SendResult> {
  const room = `/rooms/${encodeURIComponent(item.roomId)}`
  const path =
    item.kind === 'redact'
      ? `${room}/redact/${encodeURIComponent(item.target ?? '')}/${encodeURIComponent(item.txnId)}`
      : `${room}/send/${encodeURIComponent(item.type)}/${encodeURIComponent(item.txnId)}`
  try {
    const answer = await sdk.http.authedRequest<{ event_id: string }>(Method.Put, path, undefined, {
      ...item.content,
    })
    return { kind: 'sent', eventId: answer.event_id }
  } catch (error) {
    const status = error instanceof MatrixError ? error.httpStatus : undefined
    if (error instanceof MatrixError && status === 429) {
      return { kind: 'retry', afterMs: error.getRetryAfterMs() ?? undefined }
    }
    if (status === undefined || status >= 500 || status === 401) return { kind: 'retry', afterMs: undefined }
    return { kind: 'refused', error: describeError(error) }
  }
}

interface SendingDeps {
  readonly outbox: Outbox
  readonly me: string
  /** The event as it is now, waiting changes included. */
  readonly current: (roomId: string, eventId: string) => RoomEvent | undefined
  /** The newest event of a thread. */
  readonly latestInThread: (roomId: string, rootId: string) => string
}

/** The verbs that write: each is kept, shown at once, and sent in order when the node is there. */
export function createSending({ outbox, me, current, latestInThread }: SendingDeps) {
  /** A message of one's own that waits counts as the newest already; one whose file is not there may be overtaken. */
  function latest(roomId: string, rootId: string): string {
    const waiting = outbox
      .items(roomId)
      .findLast(
        (each) =>
          each.threadId === rootId &&
          each.state !== 'failed' &&
          !each.held &&
          isDrawn(each.type, relationOf(each.content)),
      )
    return waiting?.eventId ?? waiting?.txnId ?? latestInThread(roomId, rootId)
  }

  const relates = (roomId: string, target: SendTarget | undefined) =>
    relatesTo(target, (rootId) => latest(roomId, rootId))

  function redact(roomId: string, id: string, reason?: string): void {
    const waiting = outbox.find(id)
    // What the node cannot have heard of is simply not sent.
    if (
      waiting !== undefined &&
      waiting.state !== 'sent' &&
      (!waiting.attempted || waiting.state === 'failed')
    ) {
      outbox.discard(id)
      return
    }
    outbox.add(roomId, reason === undefined || reason === '' ? {} : { reason }, {
      kind: 'redact',
      type: EventType.RoomRedaction,
      target: waiting?.eventId ?? id,
    })
  }

  return {
    sendMessage: (roomId: string, message: OutgoingMessage, target?: SendTarget): void => {
      const content = { ...messageContent(message, me, target?.replyTo), ...relates(roomId, target) }
      outbox.add(roomId, content, { threadId: target?.threadId })
    },
    /** Replaces what an own message says; of a file, its caption. */
    editMessage: (roomId: string, event: RoomEvent, message: OutgoingMessage): void => {
      const target = outbox.find(event.id)?.eventId ?? event.id
      const edited = { ...(current(roomId, target) ?? event), id: target }
      outbox.add(roomId, editContent(edited, message), {
        type: event.type,
        target,
        threadId: event.threadId,
      })
    },
    /** Gives a reaction, or takes one's own with this key back. */
    toggleReaction: (roomId: string, event: RoomEvent, key: string): void => {
      const now = current(roomId, event.id) ?? event
      const mine = now.reactions.find((each) => each.key === key)?.mine
      if (mine !== undefined) {
        redact(roomId, mine)
        return
      }
      const target = outbox.find(event.id)?.eventId ?? event.id
      outbox.add(
        roomId,
        { 'm.relates_to': { rel_type: 'm.annotation', event_id: target, key } },
        { type: EventType.Reaction, target },
      )
    },
    /** Any other event type; `m.relates_to` is added for the target. */
    sendEvent: (
      roomId: string,
      type: string,
      content: Record<string, unknown>,
      target?: SendTarget,
    ): void => {
      outbox.add(roomId, { ...content, ...relates(roomId, target) }, { type, threadId: target?.threadId })
    },
    /** Sends what a message says to another room, without its relations; files are not uploaded again. */
    forward: (toRoomId: string, event: RoomEvent): void => {
      outbox.add(toRoomId, forwardContent(event), { type: event.type })
    },
    /** One's own messages, and others' where one may. Of one that waits still, it is not sent. */
    deleteMessage: (roomId: string, eventId: string, reason?: string): Promise<void> => {
      redact(roomId, eventId, reason)
      return Promise.resolve()
    },
    retry: (txnId: string): void => outbox.retry(txnId),
    discard: (txnId: string): void => outbox.discard(txnId),
    relates,
  }
}
