import type { OutboxItem } from './outbox.ts'
import { asObject } from './raw-event.ts'

const relatesTo = (item: OutboxItem): Readonly<Record<string, unknown>> | undefined =>
  asObject(item.content['m.relates_to'])

/** Is it a change of, or an answer to, the message of this id? */
export function refersTo(item: OutboxItem, id: string): boolean {
  const relates = relatesTo(item)
  return (
    item.target === id ||
    relates?.['event_id'] === id ||
    asObject(relates?.['m.in_reply_to'])?.['event_id'] === id
  )
}

/** The same, about the event that the node has named by now. */
export function withReference(item: OutboxItem, from: string, to: string): OutboxItem {
  const relates = relatesTo(item)
  const renamed = item.target === from ? { ...item, target: to } : item
  if (relates === undefined) return renamed
  const inner = asObject(relates['m.in_reply_to'])
  return {
    ...renamed,
    content: {
      ...item.content,
      'm.relates_to': {
        ...relates,
        ...(relates['event_id'] === from ? { event_id: to } : {}),
        ...(inner?.['event_id'] === from ? { 'm.in_reply_to': { event_id: to } } : {}),
      },
    },
  }
}
