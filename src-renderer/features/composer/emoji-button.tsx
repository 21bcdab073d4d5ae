import { Smile } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { EmojiPicker } from '../../ui/emoji-picker.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import css from './composer.module.css'

/** Opens the picker. */
export function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  const [open, setOpen] = useState(false)
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <IconButton label="Emoji" icon={<Smile />} className={css.tool ?? ''} tooltip={false} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={css.popover}
          side="top"
          align="end"
          sideOffset={10}
          collisionPadding={8}
          aria-label="Emoji"
          // The text takes the focus back, with the emoji in it.
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          <EmojiPicker
            onPick={(emoji) => {
              setOpen(false)
              onPick(emoji)
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
