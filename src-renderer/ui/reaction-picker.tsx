import { Popover } from 'radix-ui'
import type { ReactNode } from 'react'
import { EmojiPicker } from './emoji-picker.tsx'
import css from './message-reactions.module.css'

interface ReactionPickerProps {
  /** One element that takes a ref, such as `IconButton`. */
  trigger: ReactNode
  open: boolean
  onOpenChange: (open: boolean) => void
  onPick: (emoji: string) => void
}

export function ReactionPicker({ trigger, open, onOpenChange, onPick }: ReactionPickerProps) {
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={css.picker}
          side="top"
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label="Choose a reaction"
        >
          <EmojiPicker
            onPick={(emoji) => {
              onPick(emoji)
              onOpenChange(false)
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
