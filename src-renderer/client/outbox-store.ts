import { z } from 'zod'
import './zod-config.ts'
import type { OutboxItem, OutboxOptions } from './outbox.ts'

type Kept = Pick<OutboxOptions, 'storage' | 'storageKey'>

const storedSchema = z.array(
  z.object({
    txnId: z.string(),
    roomId: z.string(),
    type: z.string().default('m.room.message'),
    content: z.record(z.string(), z.unknown()),
    kind: z.enum(['send', 'redact']).default('send'),
    target: z.string().optional(),
    held: z.boolean().default(false),
    attempted: z.boolean().default(true),
    threadId: z.string().optional(),
    ts: z.number(),
    state: z.enum(['waiting', 'sent', 'failed']),
    eventId: z.string().optional(),
    error: z.string().optional(),
  }),
)

/** What waited before a reload; nothing where that cannot be read. */
export function loadOutbox({ storage, storageKey }: Kept): OutboxItem[] {
  try {
    const parsed = storedSchema.safeParse(JSON.parse(storage.getItem(storageKey) ?? '[]'))
    if (!parsed.success) return []
    // A message confirmed before the reload is in the node's timeline already.
    return parsed.data
      .filter((each) => each.state !== 'sent')
      .map((each) => ({
        ...each,
        target: each.target,
        threadId: each.threadId,
        eventId: each.eventId,
        error: each.error,
      }))
  } catch {
    return []
  }
}

export function saveOutbox({ storage, storageKey }: Kept, messages: readonly OutboxItem[]): void {
  try {
    storage.setItem(storageKey, JSON.stringify(messages))
  } catch (error) {
    // A full storage must not stop the message itself, which is still in memory.
    console.warn('The outbox could not be kept on disk', error)
  }
}
