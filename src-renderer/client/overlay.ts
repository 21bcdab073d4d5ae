import type { OutboxItem } from './outbox.ts'
import { asObject, isDrawn, relationOf } from './raw-event.ts'
import type { PendingMessage } from './types.ts'

/** Changes of a room's events that are on their way, by the event that they change. */
export interface Overlay {
  /** Own reactions: transaction ids by key. */
  readonly reactions: ReadonlyMap<string, readonly { readonly key: string; readonly txnId: string }[]>
  /** What the newest edit makes of a message. */
  readonly edits: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly redacted: ReadonlySet<string>
}

export const NO_OVERLAY: Overlay = { reactions: new Map(), edits: new Map(), redacted: new Set() }

const newContent = (item: OutboxItem) => asObject(item.content['m.new_content'])

export function overlayOf(items: readonly OutboxItem[]): Overlay {
  if (items.length === 0) return NO_OVERLAY
  const reactions = new Map<string, { key: string; txnId: string }[]>()
  const edits = new Map<string, Readonly<Record<string, unknown>>>()
  const redacted = new Set<string>()
  for (const item of items) {
    if (item.kind === 'redact' && item.target !== undefined) redacted.add(item.target)
  }
  for (const item of items) {
    const { target } = item
    if (target === undefined || item.state === 'failed' || item.kind === 'redact') continue
    if (redacted.has(item.txnId) || (item.eventId !== undefined && redacted.has(item.eventId))) continue
    const relation = relationOf(item.content)
    if (relation?.relType === 'm.annotation' && relation.key !== undefined) {
      // A confirmed one is known by the id under which it will come.
      const own = { key: relation.key, txnId: item.eventId ?? item.txnId }
      reactions.set(target, [...(reactions.get(target) ?? []), own])
    }
    const edit = relation?.relType === 'm.replace' ? newContent(item) : undefined
    if (edit !== undefined) edits.set(target, edit)
  }
  return { reactions, edits, redacted }
}

/** Every event that this overlay changes, or that loses a change to it. */
export function* overlayTargets(overlay: Overlay): Iterable<string> {
  yield* overlay.reactions.keys()
  yield* overlay.edits.keys()
  yield* overlay.redacted
}

/** The messages to draw: without changes, what is deleted again, and files that are not uploaded. */
export function drawnItems(
  items: readonly OutboxItem[],
  overlay: Overlay,
  threadId: string | undefined,
): PendingMessage[] {
  return items.flatMap((item) => {
    if (item.threadId !== threadId || item.kind !== 'send' || item.held) return []
    if (overlay.redacted.has(item.txnId) || overlay.redacted.has(item.eventId ?? '')) return []
    const relation = relationOf(item.content)
    if (!isDrawn(item.type, relation)) {
      // A refused edit is shown with its words, to be sent again or given up.
      const words =
        relation?.relType === 'm.replace' && item.state === 'failed' ? newContent(item) : undefined
      return words === undefined ? [] : [{ ...item, content: words }]
    }
    const edit = overlay.edits.get(item.txnId) ?? overlay.edits.get(item.eventId ?? '')
    return [edit === undefined ? item : { ...item, content: edit }]
  })
}
