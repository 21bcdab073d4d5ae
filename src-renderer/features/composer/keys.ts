import type { KeyboardEvent } from 'react'
import { isInFence } from '../../model/completion.ts'
import { toggleMark, type MarkKind } from '../../model/marks.ts'
import { applyEdit } from './text-area.ts'
import type { Suggestion, Suggestions } from './use-suggestions.ts'

export interface KeyActions {
  readonly suggestions: Suggestions
  readonly choose: (item: Suggestion) => void
  readonly submit: () => void
  /** One step back: a list, a complaint, an edit, a reply. False when there is none. */
  readonly leave: () => boolean
  /** False when there is no message of one's own to change. */
  readonly editLast: () => boolean
  readonly editing: boolean
}

type FieldKey = KeyboardEvent<HTMLTextAreaElement>

const MARKS: Readonly<Record<string, MarkKind>> = { b: 'bold', i: 'italic', k: 'link', e: 'code' }

/** Is the key used up? */
export function handleKey(event: FieldKey, actions: KeyActions): boolean {
  // While an input method composes, its keys belong to it; Safari tells so only by the code.
  if (event.nativeEvent.isComposing || event.keyCode === 229) return false
  return inList(event, actions) || inText(event, actions) || (hasControl(event) && inFormat(event))
}

function inList({ key, shiftKey, currentTarget }: FieldKey, { suggestions, choose }: KeyActions): boolean {
  const item = suggestions.items[suggestions.active]
  if (item === undefined) return false
  if (key === 'ArrowDown' || key === 'ArrowUp') {
    suggestions.setActive(suggestions.active + (key === 'ArrowDown' ? 1 : -1))
    return true
  }
  // A command that is written out is meant.
  const whole = item.kind === 'command' && currentTarget.value === `/${item.command.name}`
  if (shiftKey || !(key === 'Tab' || (key === 'Enter' && !whole))) return false
  choose(item)
  return true
}

function inText(event: FieldKey, { leave, editLast, submit, editing }: KeyActions): boolean {
  const { key, shiftKey, altKey, currentTarget: field } = event
  const plain = !shiftKey && !altKey && !hasControl(event)
  if (key === 'Escape') return leave()
  if (key === 'ArrowUp' && plain && field.value === '' && !editing) return editLast()
  if (key !== 'Enter' || shiftKey || altKey) return false
  // In code, Enter makes a line; with Ctrl it sends there, too.
  if (plain && isInFence(field.value, field.selectionStart)) return false
  submit()
  return true
}

function inFormat({ key, altKey, shiftKey, currentTarget: field }: FieldKey): boolean {
  const mark = altKey || shiftKey ? undefined : MARKS[key.toLowerCase()]
  const { value, selectionStart: from, selectionEnd: to } = field
  // Without a selection, Ctrl K opens the switcher.
  if (mark === undefined || (mark === 'link' && from === to)) return false
  applyEdit(field, toggleMark(value, from, to, mark))
  return true
}

function hasControl({ ctrlKey, metaKey }: FieldKey): boolean {
  return ctrlKey || metaKey
}
