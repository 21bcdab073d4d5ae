import type { Mention } from './mentions.ts'

/** What was written but not sent. */
export interface Draft {
  readonly text: string
  readonly mentions: readonly Mention[]
  /** The event that it answers, or changes. */
  readonly eventId: string | undefined
}

/** A room or a thread of it; in each a new message and an edit can be begun. */
export interface DraftPlace {
  readonly roomId: string
  readonly threadId: string | undefined
  readonly kind: 'new' | 'edit'
}

type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export const NO_DRAFT: Draft = { text: '', mentions: [], eventId: undefined }

/**
 * Drafts survive a restart; each account has its own. A change counts at once, and reaches the storage a
 * moment later (`later`), or with `flush`: writing there at each key would cost the typing its speed.
 */
export function createDrafts(storage: DraftStorage, userId: string, later: (write: () => void) => void) {
  const listeners = new Set<() => void>()
  /** Read once: a list of rooms asks for all of them at each key. */
  const known = new Map<string, Draft>()
  const unwritten = new Set<string>()
  const prefix = `hearth.draft|${userId}|`
  const keyOf = ({ roomId, threadId, kind }: DraftPlace): string =>
    prefix + [kind, roomId, ...(threadId === undefined ? [] : [threadId])].join('|')

  function flush(): void {
    for (const key of unwritten) write(storage, key, known.get(key) ?? NO_DRAFT)
    unwritten.clear()
  }

  function tell(): void {
    for (const listener of listeners) listener()
  }

  return {
    flush,
    get(place: DraftPlace): Draft {
      const key = keyOf(place)
      let draft = known.get(key)
      if (draft === undefined) known.set(key, (draft = parse(storage.getItem(key))))
      return draft
    },
    set(place: DraftPlace, draft: Draft): void {
      const key = keyOf(place)
      known.set(key, draft)
      unwritten.add(key)
      if (unwritten.size === 1) later(flush)
      tell()
    },
    /** Another window wrote under this key of the storage, or emptied it. */
    changed(key: string | null): void {
      if (key === null) known.clear()
      else if (key.startsWith(prefix) && !unwritten.has(key)) known.delete(key)
      else return
      tell()
    },
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
export type Drafts = ReturnType<typeof createDrafts>

function write(storage: DraftStorage, key: string, draft: Draft): void {
  try {
    if (draft.text.trim() === '' && draft.eventId === undefined) storage.removeItem(key)
    else storage.setItem(key, JSON.stringify(draft))
  } catch (error) {
    // A full storage must not stop somebody from typing.
    console.warn('The draft could not be kept', error)
  }
}

/** What is stored may be of another version, or damaged. */
function parse(stored: string | null): Draft {
  if (stored === null) return NO_DRAFT
  let value: unknown
  try {
    value = JSON.parse(stored)
  } catch {
    // Of the first version, which kept the bare text.
    return { ...NO_DRAFT, text: stored }
  }
  if (typeof value !== 'object' || value === null) return NO_DRAFT
  const { text, mentions, eventId } = value as Record<string, unknown>
  return {
    text: typeof text === 'string' ? text : '',
    mentions: Array.isArray(mentions) ? mentions.filter(isMention) : [],
    eventId: typeof eventId === 'string' ? eventId : undefined,
  }
}

function isMention(value: unknown): value is Mention {
  if (typeof value !== 'object' || value === null) return false
  const { token, userId, name } = value as Record<string, unknown>
  return typeof token === 'string' && token !== '' && typeof userId === 'string' && typeof name === 'string'
}
