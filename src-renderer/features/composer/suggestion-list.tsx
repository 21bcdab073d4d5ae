import { Users } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { inTone } from '../../model/emoji.ts'
import { skinTone } from '../../model/emoji-choice.ts'
import { Avatar } from '../../ui/avatar.tsx'
import css from './suggestion-list.module.css'
import type { Suggestion } from './use-suggestions.ts'

interface SuggestionListProps {
  id: string
  items: readonly Suggestion[]
  active: number
  onActive: (index: number) => void
  onChoose: (item: Suggestion) => void
}

/** Above the text; the focus stays in the text, which names the active row. */
export function SuggestionList({ id, items, active, onActive, onChoose }: SuggestionListProps) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    // The pattern of a text with a list, which `select` cannot draw.
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <div ref={list} id={id} role="listbox" aria-label="Suggestions" className={css.list}>
      {items.map((item, index) => (
        // The text has the keyboard: it moves through the rows and chooses.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={keyOf(item)}
          id={`${id}-${index}`}
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          className={css.row}
          // The focus must not leave the text.
          onMouseDown={(event) => event.preventDefault()}
          onMouseMove={() => index !== active && onActive(index)}
          onClick={() => onChoose(item)}
        >
          <Row item={item} />
        </div>
      ))}
    </div>
  )
}

function Row({ item }: { item: Suggestion }) {
  switch (item.kind) {
    case 'person':
      return (
        <>
          <Avatar id={item.person.userId} name={item.person.name} mxc={item.person.avatarMxc} size={24} />
          <span className={css.title}>{item.person.name}</span>
        </>
      )
    case 'room':
      return (
        <>
          <span className={css.sign}>
            <Users aria-hidden="true" />
          </span>
          <span className={css.title}>@room</span>
          <span className={css.more}>Tells everybody in the room</span>
        </>
      )
    case 'emoji':
      return (
        <>
          <span className={css.emoji}>{inTone(item.emoji, skinTone())}</span>
          <span className={css.title}>:{item.emoji.shortcodes[0] ?? item.emoji.label}:</span>
        </>
      )
    case 'command':
      return (
        <>
          <span className={css.title}>
            /{item.command.name} <span className={css.takes}>{item.command.takes}</span>
          </span>
          <span className={css.more}>{item.command.does}</span>
        </>
      )
  }
}

function keyOf(item: Suggestion): string {
  if (item.kind === 'person') return item.person.userId
  if (item.kind === 'emoji') return item.emoji.emoji
  return item.kind === 'command' ? item.command.name : '@room'
}
