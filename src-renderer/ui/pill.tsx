import type { ReactNode } from 'react'
import { useConversation, useVerbs } from '../model/conversation.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import css from './pill.module.css'

/** Somebody who is mentioned: by the name that the room knows, whatever the sender called them. */
export function PersonPill({ userId, words }: { userId: string; words: string }) {
  const { client } = useServices()
  const { room } = useConversation()
  const { openPanel } = useVerbs()
  const known = room.members.find((member) => member.userId === userId)?.name
  const name = (known ?? words.replace(/^@/u, '')) || userId
  return (
    <button
      type="button"
      className={[css.pill, userId === client.userId && css.me].filter(Boolean).join(' ')}
      title={userId}
      onClick={() => openPanel({ kind: 'person', userId })}
    >
      @{name}
    </button>
  )
}

export function RoomPill({ href, room, words }: { href: string; room: string; words: string }) {
  const { client } = useServices()
  const { openLink } = useVerbs()
  const known = useReadable(client.rooms).find((each) => each.id === room)?.name
  return (
    <button type="button" className={css.pill} title={room} onClick={() => openLink(href)}>
      {known ?? (words === '' || words === href ? room : words)}
    </button>
  )
}

/** Words in which `@room` calls everybody. */
export function withRoomMention(text: string, key: number): ReactNode {
  if (!text.includes('@room')) return text
  return (
    <span key={key}>
      {text.split(/(@room\b)/u).map((part, index) =>
        part === '@room' ? (
          // The parts of one text do not move.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className={[css.pill, css.me].join(' ')}>
            @room
          </span>
        ) : (
          part
        ),
      )}
    </span>
  )
}
