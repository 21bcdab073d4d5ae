import { useRef, useState, type ChangeEvent, type ClipboardEvent, type KeyboardEvent } from 'react'
import { useConversation } from '../../model/conversation.ts'
import type { DraftPlace } from '../../model/drafts.ts'
import { isEditable } from '../../model/editing.ts'
import { mentionOf } from '../../model/mentions.ts'
import { namePasted } from '../../model/staging.ts'
import { useServices } from '../../model/use-client.ts'
import { useStageFiles } from '../../model/use-stage-files.ts'
import { completionText } from './completion-text.ts'
import { handleKey } from './keys.ts'
import { readClipboard } from './paste.ts'
import { convertShortcode } from './shortcodes.ts'
import { replaceText } from './text-area.ts'
import { useSend, type ComposerDialog } from './use-send.ts'
import { useSuggestions, type Suggestion } from './use-suggestions.ts'
import { useTypingNotice } from './use-typing-notice.ts'
import { useWritten } from './use-written.ts'

const NOWHERE = -1
type TextArea = HTMLTextAreaElement

/** What happens in the text field, apart from how it looks. */
export function useField(place: DraftPlace, openDialog: (dialog: ComposerDialog) => void) {
  const { client } = useServices()
  const { room, threadId, composing, setComposing } = useConversation()
  const stageFiles = useStageFiles()
  const written = useWritten(place, composing)
  const { text, mentions } = written
  /** Where the last change ended; a list opens for what is typed, not for where the cursor is put. */
  const [caret, setCaret] = useState(NOWHERE)
  const field = useRef<TextArea>(null)
  const typing = useTypingNotice(room.id)
  const suggestions = useSuggestions(room, { text, mentions }, caret)
  const { problem, forget, send, target } = useSend(openDialog)
  const editing = composing?.kind === 'edit'

  function onChange({ target: element, nativeEvent }: ChangeEvent<TextArea>): void {
    written.change(element.value)
    setCaret(element.selectionStart)
    typing.note(element.value !== '')
    forget()
    if (nativeEvent instanceof InputEvent && nativeEvent.data === ':') convertShortcode(element)
  }

  function submit(): void {
    const before = { text, mentions }
    const outcome = send(before, () => {
      // Whoever went on writing has something better to keep.
      if (field.current?.value === '') written.restore(before)
    })
    if (outcome === 'kept') return
    written.clear()
    typing.note(false)
    field.current?.focus()
  }

  function choose(item: Suggestion): void {
    const at = suggestions.completion
    if (field.current === null || at === undefined) return
    if (item.kind === 'person') written.mention(mentionOf(item.person))
    replaceText(field.current, at.start, caret, completionText(item))
  }

  /** The edit or the reply is given up. */
  function stop(): void {
    if (editing) written.clear()
    else written.detach()
    setComposing(undefined)
    field.current?.focus()
  }

  function leave(): boolean {
    if (suggestions.items.length > 0) suggestions.dismiss()
    else if (problem !== undefined) forget()
    else if (composing === undefined) return false
    else stop()
    return true
  }

  function editLast(): boolean {
    const timeline = threadId === undefined ? client.timeline(room.id) : client.thread(room.id, threadId)
    const last = timeline.get()?.events.findLast((event) => isEditable(event, client.userId))
    if (last === undefined) return false
    setComposing({ kind: 'edit', event: last })
    return true
  }

  function onKeyDown(event: KeyboardEvent<TextArea>): void {
    if (!handleKey(event, { suggestions, choose, submit, leave, editLast, editing })) return
    event.preventDefault()
    event.stopPropagation()
  }

  function onPaste(event: ClipboardEvent<TextArea>): void {
    const { clipboardData, currentTarget: element } = event
    const pasted = readClipboard(clipboardData, element)
    if (pasted === undefined) return
    event.preventDefault()
    if (pasted.kind === 'files') stageFiles(pasted.files.map((file) => namePasted(file, new Date())))
    else replaceText(element, element.selectionStart, element.selectionEnd, pasted.text)
  }

  return {
    field,
    text,
    editing,
    problem,
    suggestions,
    target,
    choose,
    submit,
    stop,
    /** At the cursor. */
    insert: (words: string): void => {
      const element = field.current
      if (element !== null) replaceText(element, element.selectionStart, element.selectionEnd, words)
    },
    handlers: {
      onChange,
      onKeyDown,
      onPaste,
      onSelect: ({ currentTarget }: { currentTarget: TextArea }) => {
        if (currentTarget.selectionStart !== caret) setCaret(NOWHERE)
      },
      onBlur: () => typing.note(false),
    },
  }
}
