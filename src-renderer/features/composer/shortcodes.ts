import { shortcodeAt } from '../../model/completion.ts'
import { inTone, knownEmoji, loadEmoji } from '../../model/emoji.ts'
import { skinTone } from '../../model/emoji-choice.ts'
import { replaceText } from './text-area.ts'

/** `:tada:` becomes its emoji with the second colon; undo brings the letters back. */
export function convertShortcode(field: HTMLTextAreaElement): void {
  const found = shortcodeAt(field.value, field.selectionStart)
  const emoji = found === undefined ? undefined : knownEmoji()?.byShortcode.get(found.name.toLowerCase())
  if (found === undefined || emoji === undefined) return
  const end = field.selectionStart
  // After React has heard of the colon.
  queueMicrotask(() => replaceText(field, found.start, end, inTone(emoji, skinTone())))
}

const SOON_MS = 1_000

/** So that shortcodes are known when the first is typed, without making the start slower. */
export function preloadEmoji(): void {
  if (knownEmoji() !== undefined) return
  setTimeout(() => {
    loadEmoji().catch((error: unknown) => console.warn('The emoji could not be loaded', error))
  }, SOON_MS)
}
