import { inTone } from '../../model/emoji.ts'
import { noteEmoji, skinTone } from '../../model/emoji-choice.ts'
import { mentionOf } from '../../model/mentions.ts'
import type { Suggestion } from './use-suggestions.ts'

/** What comes into the text for a row of the list. */
export function completionText(item: Suggestion): string {
  switch (item.kind) {
    case 'person':
      return `${mentionOf(item.person).token} `
    case 'room':
      return '@room '
    case 'emoji':
      noteEmoji(item.emoji.emoji)
      return `${inTone(item.emoji, skinTone())} `
    case 'command':
      return `/${item.command.name} `
  }
}
