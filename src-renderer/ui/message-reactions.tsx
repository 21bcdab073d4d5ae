import { SmilePlus } from 'lucide-react'
import { useState } from 'react'
import { listNames } from '../model/text.ts'
import type { Reaction } from '../model/types.ts'
import { IconButton } from './icon-button.tsx'
import css from './message-reactions.module.css'
import { ReactionPicker } from './reaction-picker.tsx'

interface ReactionsProps {
  reactions: readonly Reaction[]
  myUserId: string
  mayReact: boolean
  onToggle: (key: string) => void
  /** Who gave which. */
  onShow: () => void
}

/** Others may send whole sentences as reactions. */
const LONGEST = 24
const MOST = 40

/** What people gave to a message. A click joins in, or takes the own back. */
export function Reactions({ reactions, myUserId, mayReact, onToggle, onShow }: ReactionsProps) {
  const [picking, setPicking] = useState(false)
  return (
    // oxlint-disable-next-line jsx-a11y/no-redundant-roles
    <ul role="list" aria-label="Reactions" className={css.list}>
      {reactions.slice(0, MOST).map((reaction) => {
        const names = reaction.people.map((person) => (person.userId === myUserId ? 'You' : person.name))
        const shown = reaction.key.length > LONGEST ? `${reaction.key.slice(0, LONGEST)}…` : reaction.key
        const mine = reaction.mine !== undefined
        return (
          <li key={reaction.key}>
            <button
              type="button"
              className={css.chip}
              aria-pressed={mine}
              aria-label={`${shown}, ${reaction.people.length}: ${listNames(names)}`}
              title={`${listNames(names)} (right click shows all)`}
              disabled={!mayReact}
              onClick={() => onToggle(reaction.key)}
              onContextMenu={(event) => {
                event.preventDefault()
                onShow()
              }}
            >
              <span className={css.key}>{shown}</span>
              <span className={css.count}>{reaction.people.length}</span>
            </button>
          </li>
        )
      })}
      {mayReact && (
        <li>
          <ReactionPicker
            open={picking}
            onOpenChange={setPicking}
            onPick={onToggle}
            trigger={
              <IconButton size="sm" className={css.add ?? ''} label="Add reaction" icon={<SmilePlus />} />
            }
          />
        </li>
      )}
    </ul>
  )
}
