import type { TextEdit } from '../../model/marks.ts'

/** Beyond it, the browser's own way, which keeps the undo history, takes too long. */
const LONGEST_UNDOABLE = 5_000

/** Changes the text as if it had been typed: the field hears of it, and it can be undone. */
export function applyEdit(field: HTMLTextAreaElement, { start, end, insert, select }: TextEdit): void {
  field.focus()
  field.setSelectionRange(start, end)
  // Deprecated, and still the only way into the history of a text field.
  const typed =
    insert.length <= LONGEST_UNDOABLE &&
    typeof document.execCommand === 'function' &&
    document.execCommand(insert === '' ? 'delete' : 'insertText', false, insert)
  if (!typed) {
    setValue(field, field.value.slice(0, start) + insert + field.value.slice(end))
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  field.setSelectionRange(...select)
}

/** Replaces a part, with the cursor after it. */
export function replaceText(field: HTMLTextAreaElement, start: number, end: number, insert: string): void {
  const after = start + insert.length
  applyEdit(field, { start, end, insert, select: [after, after] })
}

/** React notes what is set on the element itself, and would take the event for no change. */
function setValue(field: HTMLTextAreaElement, value: string): void {
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(field, value)
}
