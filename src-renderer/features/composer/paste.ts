import { isInFence } from '../../model/completion.ts'
import { htmlToMarkdown, isWorthConverting } from '../../model/from-html.ts'
import { isAddress } from '../../model/marks.ts'

export type Pasted =
  | { readonly kind: 'files'; readonly files: readonly File[] }
  | { readonly kind: 'text'; readonly text: string }

/**
 * What the clipboard means for the field; undefined leaves it to the browser. Documents bring a picture of
 * themselves beside their text: then the text is meant.
 */
export function readClipboard(data: DataTransfer, field: HTMLTextAreaElement): Pasted | undefined {
  const html = data.getData('text/html')
  const plain = data.getData('text/plain')
  const files = Array.from(data.files)
  if (files.length > 0 && (plain === '' || html === '')) return { kind: 'files', files }
  const { value, selectionStart: start, selectionEnd: end } = field
  const chosen = value.slice(start, end)
  if (chosen !== '' && !isAddress(chosen) && isAddress(plain.trim()))
    return { kind: 'text', text: `[${chosen}](${plain.trim()})` }
  if (html === '' || isInFence(value, start) || !isWorthConverting(html)) return undefined
  const markdown = htmlToMarkdown(html)?.markdown ?? ''
  return markdown === '' || markdown === plain.trim() ? undefined : { kind: 'text', text: markdown }
}
