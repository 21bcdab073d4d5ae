import { useEffect, useRef, useState } from 'react'
import type { Composing } from '../../model/conversation.ts'
import { NO_DRAFT, type DraftPlace } from '../../model/drafts.ts'
import { writtenOf, type Written } from '../../model/editing.ts'
import { addMention, keepMentions, type Mention } from '../../model/mentions.ts'
import { useDrafts } from '../../model/use-drafts.ts'

const NOTHING: Written = { text: '', mentions: [] }

/** The text of one place, kept as its draft with each change. */
export function useWritten(place: DraftPlace, composing: Composing | undefined) {
  const drafts = useDrafts()
  const [written, setWritten] = useState<Written>(() => {
    const { text, mentions, eventId } = drafts.get(place)
    const begins = composing?.kind === 'edit' && eventId !== composing.event.id
    return begins ? writtenOf(composing.event) : { text, mentions }
  })
  /** Also right between two drawings. */
  const latest = useRef(written)
  const about = composing?.event.id

  useEffect(() => {
    if (about !== undefined) drafts.set(place, { ...latest.current, eventId: about })
  }, [drafts, place, about])

  function keep(next: Written): void {
    latest.current = next
    setWritten(next)
    // After a restart the draft knows what it answers before the event is here again.
    drafts.set(place, { ...next, eventId: about ?? drafts.get(place).eventId })
  }

  return {
    ...written,
    change: (text: string) => keep({ text, mentions: keepMentions(text, latest.current.mentions) }),
    /** Its token has to come into the text right after. */
    mention(mention: Mention): void {
      latest.current = { ...latest.current, mentions: addMention(latest.current.mentions, mention) }
    },
    /** What was sent or asked for did not come about: the text is there again. */
    restore: (before: Written) => keep(before),
    /** It is sent, or given up. */
    clear(): void {
      latest.current = NOTHING
      setWritten(NOTHING)
      drafts.set(place, NO_DRAFT)
    },
    /** It answers nothing any more. */
    detach: () => drafts.set(place, { ...latest.current, eventId: undefined }),
  }
}
