import { TriangleAlert } from 'lucide-react'
import {
  useEffect,
  useId,
  useRef,
  useState,
  type ChangeEvent,
  type ClipboardEvent,
  type KeyboardEvent,
} from 'react'
import { completionText } from './completion-text.ts'
import { useConversation } from '../../model/conversation.ts'
import { isInFence, shortcodeAt } from '../../model/completion.ts'
import type { DraftPlace } from '../../model/drafts.ts'
import { isEditable } from '../../model/editing.ts'
import { inTone, knownEmoji, loadEmoji } from '../../model/emoji.ts'
import { skinTone } from '../../model/emoji-choice.ts'
import { toggleMark, type MarkKind } from '../../model/marks.ts'
import { mentionOf } from '../../model/mentions.ts'
import { namePasted } from '../../model/staging.ts'
import { useServices } from '../../model/use-client.ts'
import { useStageFiles } from '../../model/use-stage-files.ts'
import { StagedFiles } from '../../ui/staged-files.tsx'
import { VoiceRecorder } from '../../ui/voice-recorder.tsx'
import { ContextBar } from './context-bar.tsx'
import css from './composer.module.css'
import { HelpDialog } from './help-dialog.tsx'
import { readClipboard } from './paste.ts'
import { PollDialog } from './poll-dialog.tsx'
import { SuggestionList } from './suggestion-list.tsx'
import { applyEdit, replaceText } from './text-area.ts'
import { AfterTools, BeforeTools } from './tools.tsx'
import { useGrow } from './use-grow.ts'
import { useSend, type ComposerDialog } from './use-send.ts'
import { useSuggestions, type Suggestion } from './use-suggestions.ts'
import { useTypingNotice } from './use-typing-notice.ts'
import { useWritten } from './use-written.ts'

const NOWHERE = -1
const MARKS: Readonly<Record<string, MarkKind>> = { b: 'bold', i: 'italic', k: 'link', e: 'code' }

/** The text that is being written, with everything around it. */
export function Field({ place }: { place: DraftPlace }) {
  const { client } = useServices()
  const { room, threadId, composing, setComposing, staged, setStaged, jumpTo } = useConversation()
  const written = useWritten(place, composing)
  const { text, mentions } = written
  /** Where the last change ended; a list opens for what is typed, not for where the cursor is put. */
  const [caret, setCaret] = useState(NOWHERE)
  const [recording, setRecording] = useState(false)
  const [dialog, setDialog] = useState<ComposerDialog>()
  const stageFiles = useStageFiles()
  const field = useRef<HTMLTextAreaElement>(null)
  const listId = useId()
  const typing = useTypingNotice(room.id)
  const suggestions = useSuggestions(room, { text, mentions }, caret)
  const { problem, forget, send, target } = useSend(setDialog)
  const open = suggestions.items.length > 0
  const editing = composing?.kind === 'edit'
  useGrow(field, text)
  useFocus(field, composing?.event.id)

  function change(event: ChangeEvent<HTMLTextAreaElement>): void {
    const { value, selectionStart } = event.target
    written.change(value)
    setCaret(selectionStart)
    typing.note(value !== '')
    if (problem !== undefined) forget()
    if (event.nativeEvent instanceof InputEvent && event.nativeEvent.data === ':')
      convertShortcode(event.target)
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

  function leave(): boolean {
    if (open) suggestions.dismiss()
    else if (problem !== undefined) forget()
    else if (composing === undefined) return false
    else stop()
    return true
  }

  /** The edit or the reply is given up. */
  function stop(): void {
    if (editing) written.clear()
    else written.detach()
    setComposing(undefined)
    field.current?.focus()
  }

  function editLast(): boolean {
    const readable = threadId === undefined ? client.timeline(room.id) : client.thread(room.id, threadId)
    const last = readable.get()?.events.findLast((event) => isEditable(event, client.userId))
    if (last === undefined) return false
    setComposing({ kind: 'edit', event: last })
    return true
  }

  /** Is the key used up? */
  function onKey(event: KeyboardEvent<HTMLTextAreaElement>): boolean {
    const { key, currentTarget: element } = event
    if (open) {
      const item = suggestions.items[suggestions.active]
      if (key === 'ArrowDown' || key === 'ArrowUp') {
        suggestions.setActive(suggestions.active + (key === 'ArrowDown' ? 1 : -1))
        return true
      }
      // A command that is written out is meant.
      const whole = item?.kind === 'command' && text === `/${item.command.name}`
      if ((key === 'Tab' || (key === 'Enter' && !whole)) && !event.shiftKey && item !== undefined) {
        choose(item)
        return true
      }
    }
    if (key === 'Escape') return leave()
    if (key === 'ArrowUp' && text === '' && !editing && noModifier(event)) return editLast()
    if (key === 'Enter' && !event.shiftKey && !event.altKey) {
      if (isInFence(text, element.selectionStart) && !event.ctrlKey && !event.metaKey) return false
      submit()
      return true
    }
    const mark =
      (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey
        ? MARKS[key.toLowerCase()]
        : undefined
    // Without a selection, this key opens the switcher.
    if (mark === undefined || (mark === 'link' && element.selectionStart === element.selectionEnd))
      return false
    applyEdit(element, toggleMark(text, element.selectionStart, element.selectionEnd, mark))
    return true
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    // While an input method composes, its keys belong to it.
    if (event.nativeEvent.isComposing || event.keyCode === 229 || !onKey(event)) return
    event.preventDefault()
    event.stopPropagation()
  }

  function onPaste(event: ClipboardEvent<HTMLTextAreaElement>): void {
    const pasted = readClipboard(event.clipboardData, event.currentTarget)
    if (pasted === undefined) return
    event.preventDefault()
    if (pasted.kind === 'files') stageFiles(pasted.files.map((file) => namePasted(file, new Date())))
    else {
      const { selectionStart, selectionEnd } = event.currentTarget
      replaceText(event.currentTarget, selectionStart, selectionEnd, pasted.text)
    }
  }

  return (
    <div className={css.frame}>
      {open && (
        <SuggestionList
          id={listId}
          items={suggestions.items}
          active={suggestions.active}
          onActive={suggestions.setActive}
          onChoose={choose}
        />
      )}
      {problem !== undefined && (
        <p className={css.problem} role="alert">
          <TriangleAlert aria-hidden="true" /> {problem}
        </p>
      )}
      <div className={css.field}>
        {composing !== undefined && (
          <ContextBar composing={composing} onJump={() => jumpTo(composing.event.id)} onClose={stop} />
        )}
        {staged.length > 0 && !editing && (
          <StagedFiles
            files={staged}
            onRemove={(index) => setStaged(staged.filter((_, each) => each !== index))}
          />
        )}
        {recording ? (
          <VoiceRecorder
            onCancel={() => setRecording(false)}
            onDone={({ file, durationMs, waveform }) => {
              setRecording(false)
              client.sendFiles(room.id, [{ file, caption: '', voice: { durationMs, waveform } }], target)
              setComposing(undefined)
            }}
          />
        ) : (
          <div className={css.row}>
            <BeforeTools editing={editing} onFiles={stageFiles} />
            <textarea
              ref={field}
              rows={1}
              aria-label={threadId === undefined ? 'Message' : 'Message in thread'}
              aria-autocomplete="list"
              aria-controls={open ? listId : undefined}
              aria-activedescendant={open ? `${listId}-${suggestions.active}` : undefined}
              placeholder={placeholderOf(room.name, threadId, staged.length)}
              value={text}
              onChange={change}
              onSelect={(event) => event.currentTarget.selectionStart !== caret && setCaret(NOWHERE)}
              onKeyDown={onKeyDown}
              onPaste={onPaste}
              onFocus={preloadEmoji}
              onBlur={() => typing.note(false)}
              spellCheck
              enterKeyHint="send"
            />
            <AfterTools
              editing={editing}
              empty={text.trim() === '' && (editing || staged.length === 0)}
              onEmoji={(emoji) => {
                const element = field.current
                if (element !== null)
                  replaceText(element, element.selectionStart, element.selectionEnd, emoji)
              }}
              onPoll={() => setDialog('poll')}
              onRecord={() => setRecording(true)}
              onSend={submit}
            />
          </div>
        )}
      </div>
      <PollDialog open={dialog === 'poll'} onOpenChange={() => setDialog(undefined)} />
      <HelpDialog open={dialog === 'help'} onOpenChange={() => setDialog(undefined)} />
    </div>
  )
}

function placeholderOf(roomName: string, threadId: string | undefined, files: number): string {
  if (files > 0) return 'Add a caption'
  return threadId === undefined ? `Message ${roomName}` : 'Reply in thread'
}

function noModifier(event: KeyboardEvent): boolean {
  return !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey
}

/** Focus follows the choice of a room or a message, except where that would open an on-screen keyboard. */
function useFocus(field: { readonly current: HTMLTextAreaElement | null }, about: string | undefined): void {
  useEffect(() => {
    const element = field.current
    if (element === null || !window.matchMedia('(pointer: fine)').matches) return
    element.focus()
    element.setSelectionRange(element.value.length, element.value.length)
  }, [field, about])
}

/** `:tada:` becomes its emoji with the second colon; undo brings the letters back. */
function convertShortcode(field: HTMLTextAreaElement): void {
  const found = shortcodeAt(field.value, field.selectionStart)
  const emoji = found === undefined ? undefined : knownEmoji()?.byShortcode.get(found.name.toLowerCase())
  if (found === undefined || emoji === undefined) return
  const end = field.selectionStart
  // After React has heard of the colon.
  queueMicrotask(() => replaceText(field, found.start, end, inTone(emoji, skinTone())))
}

function preloadEmoji(): void {
  if (knownEmoji() !== undefined) return
  setTimeout(() => {
    loadEmoji().catch((error: unknown) => console.warn('The emoji could not be loaded', error))
  }, 1_000)
}
