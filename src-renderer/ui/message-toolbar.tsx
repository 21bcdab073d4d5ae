import { Ellipsis, SmilePlus } from 'lucide-react'
import { IconButton } from './icon-button.tsx'
import { Menu } from './menu.tsx'
import type { ActionId, MessageAction } from './message-actions.tsx'
import css from './message-toolbar.module.css'
import { ReactionPicker } from './reaction-picker.tsx'

/** What most reactions are. */
const QUICK = ['👍', '❤️', '😂']
/** These have buttons of their own; they stand in the menu too, for touch. */
const BUTTONS: readonly ActionId[] = ['reply', 'thread', 'edit']

interface MessageToolbarProps {
  actions: readonly MessageAction[]
  mayReact: boolean
  /** Keys of the own reactions. */
  mine: readonly string[]
  onReact: (key: string) => void
  open: 'menu' | 'picker' | undefined
  onOpen: (open: 'menu' | 'picker' | undefined) => void
}

export function MessageToolbar({ actions, mayReact, mine, onReact, open, onOpen }: MessageToolbarProps) {
  return (
    <div role="toolbar" aria-label="Message" className={css.toolbar}>
      {mayReact && (
        <>
          <span className={css.quick}>
            {QUICK.map((key) => (
              <IconButton
                key={key}
                size="sm"
                label={mine.includes(key) ? `Take ${key} back` : `React with ${key}`}
                icon={<span className={css.emoji}>{key}</span>}
                pressed={mine.includes(key)}
                tooltip={false}
                onClick={() => onReact(key)}
              />
            ))}
          </span>
          <ReactionPicker
            open={open === 'picker'}
            onOpenChange={(next) => onOpen(next ? 'picker' : undefined)}
            onPick={onReact}
            trigger={<IconButton size="sm" label="React" icon={<SmilePlus />} tooltip={false} />}
          />
        </>
      )}
      {actions
        .filter((action) => BUTTONS.includes(action.id))
        .map((action) => (
          <IconButton
            key={action.id}
            size="sm"
            label={action.label}
            icon={action.icon}
            onClick={action.run}
          />
        ))}
      <Menu
        open={open === 'menu'}
        onOpenChange={(next) => onOpen(next ? 'menu' : undefined)}
        trigger={<IconButton size="sm" label="More about this message" icon={<Ellipsis />} tooltip={false} />}
        items={[
          ...(mayReact
            ? [{ label: 'React', icon: <SmilePlus />, onSelect: () => setTimeout(() => onOpen('picker')) }]
            : []),
          ...actions.map((action) => ({
            label: action.label,
            icon: action.icon,
            danger: action.danger === true,
            hint:
              action.key === undefined
                ? undefined
                : action.key.length === 1
                  ? action.key.toUpperCase()
                  : 'Del',
            onSelect: action.run,
          })),
        ]}
      />
    </div>
  )
}
