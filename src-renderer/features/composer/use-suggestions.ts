import { useEffect, useMemo, useState } from 'react'
import type { Command } from '../../model/command-list.ts'
import { suggestCommands } from '../../model/commands.ts'
import { completionAt, type Completion } from '../../model/completion.ts'
import type { Written } from '../../model/editing.ts'
import { knownEmoji, loadEmoji, type Emoji } from '../../model/emoji.ts'
import { fold } from '../../model/mark-words.ts'
import { suggestPeople } from '../../model/mentions.ts'
import type { Person, RoomDetail } from '../../model/types.ts'
import { useServices } from '../../model/use-client.ts'

export type Suggestion =
  | { readonly kind: 'person'; readonly person: Person }
  | { readonly kind: 'room' }
  | { readonly kind: 'emoji'; readonly emoji: Emoji }
  | { readonly kind: 'command'; readonly command: Command }

export interface Suggestions {
  /** Empty when no list is open. */
  readonly items: readonly Suggestion[]
  readonly active: number
  readonly setActive: (index: number) => void
  /** What a choice replaces. */
  readonly completion: Completion | undefined
  readonly dismiss: () => void
}

const MOST_EMOJI = 8

/** What fits what is being typed at the cursor. */
export function useSuggestions(room: RoomDetail, { text, mentions }: Written, caret: number): Suggestions {
  const [dismissed, setDismissed] = useState<number>()
  const [chosen, setChosen] = useState<{ key: string; index: number }>()
  const emojiReady = useEmojiReady(text.includes(':'))
  const found = completionAt(text, caret)
  // A name that was chosen already is complete.
  const complete =
    found?.kind === 'person' &&
    mentions.some(({ token }) => text.startsWith(token, found.start) && caret >= found.start + token.length)
  const completion = found === undefined || complete || dismissed === found.start ? undefined : found
  const { kind, query } = completion ?? {}
  const { userId } = useServices().client
  const recent = useRecentSpeakers(room.id, kind === 'person')

  const items = useMemo<readonly Suggestion[]>(() => {
    if (query === undefined) return []
    if (kind === 'command')
      return suggestCommands(query, room).map((command) => ({ kind: 'command', command }))
    if (kind === 'emoji') {
      const emoji = emojiReady ? knownEmoji()?.search(query, MOST_EMOJI) : undefined
      return (emoji ?? []).map((each) => ({ kind: 'emoji', emoji: each }))
    }
    return suggestNames(room, userId, query, recent)
  }, [room, userId, kind, query, recent, emojiReady])

  const key = `${kind}|${query}`
  return {
    items,
    active: chosen?.key === key ? Math.min(chosen.index, items.length - 1) : 0,
    setActive: (index) => setChosen({ key, index: (index + items.length) % items.length }),
    completion,
    dismiss: () => setDismissed(found?.start),
  }
}

function suggestNames(
  room: RoomDetail,
  myUserId: string,
  query: string,
  recent: readonly string[],
): readonly Suggestion[] {
  const others = room.members.filter((each) => each.userId !== myUserId)
  const partner = room.directWith
  const absent = partner !== undefined && !others.some((each) => each.userId === partner.userId)
  const people = suggestPeople<Person>(absent ? [...others, partner] : others, query, recent)
  const everyone =
    room.can.notifyRoom && partner === undefined && 'room'.startsWith(fold(query)) && room.memberCount > 2
  return [
    ...people.map((person) => ({ kind: 'person' as const, person })),
    ...(everyone ? [{ kind: 'room' as const }] : []),
  ]
}

const NOBODY: readonly string[] = []

/** Whoever spoke last comes last. Read when the list opens, and not again while it is open. */
function useRecentSpeakers(roomId: string, wanted: boolean): readonly string[] {
  const { client } = useServices()
  return useMemo(() => {
    if (!wanted) return NOBODY
    const events = client.timeline(roomId).get()?.events ?? []
    const speakers = events.map((event) => event.sender.userId).filter((id) => id !== client.userId)
    return [...new Set(speakers.toReversed())].toReversed()
  }, [client, roomId, wanted])
}

function useEmojiReady(wanted: boolean): boolean {
  const [ready, setReady] = useState(knownEmoji() !== undefined)
  useEffect(() => {
    if (!wanted || ready) return
    let current = true
    loadEmoji()
      .then(() => current && setReady(true))
      .catch((error: unknown) => console.warn('The emoji could not be loaded', error))
    return () => {
      current = false
    }
  }, [wanted, ready])
  return ready
}
