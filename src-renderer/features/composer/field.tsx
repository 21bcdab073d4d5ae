import { TriangleAlert } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { useConversation } from '../../model/conversation.ts'
import type { DraftPlace } from '../../model/drafts.ts'
import { useServices } from '../../model/use-client.ts'
import { useStageFiles } from '../../model/use-stage-files.ts'
import { StagedFiles } from '../../ui/staged-files.tsx'
import { VoiceRecorder } from '../../ui/voice-recorder.tsx'
import { ContextBar } from './context-bar.tsx'
import css from './composer.module.css'
import { HelpDialog } from './help-dialog.tsx'
import { PollDialog } from './poll-dialog.tsx'
import { preloadEmoji } from './shortcodes.ts'
import { SuggestionList } from './suggestion-list.tsx'
import { AfterTools, BeforeTools } from './tools.tsx'
import { useField } from './use-field.ts'
import { useGrow } from './use-grow.ts'
import type { ComposerDialog } from './use-send.ts'

/** The text that is being written, with everything around it. */
export function Field({ place }: { place: DraftPlace }) {
  const { client } = useServices()
  const { room, threadId, composing, setComposing, staged, setStaged, jumpTo } = useConversation()
  const stageFiles = useStageFiles()
  const [recording, setRecording] = useState(false)
  const [dialog, setDialog] = useState<ComposerDialog>()
  const { field, text, editing, problem, suggestions, target, handlers, ...act } = useField(place, setDialog)
  const listId = useId()
  const open = suggestions.items.length > 0
  useGrow(field, text)
  useFocus(field, composing?.event.id)

  return (
    <div className={css.frame}>
      {open && (
        <SuggestionList
          id={listId}
          items={suggestions.items}
          active={suggestions.active}
          onActive={suggestions.setActive}
          onChoose={act.choose}
        />
      )}
      {problem !== undefined && (
        <p className={css.problem} role="alert">
          <TriangleAlert aria-hidden="true" /> {problem}
        </p>
      )}
      <div className={css.field}>
        {composing !== undefined && (
          <ContextBar composing={composing} onJump={() => jumpTo(composing.event.id)} onClose={act.stop} />
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
              {...handlers}
              ref={field}
              rows={1}
              aria-label={threadId === undefined ? 'Message' : 'Message in thread'}
              aria-autocomplete="list"
              aria-controls={open ? listId : undefined}
              aria-activedescendant={open ? `${listId}-${suggestions.active}` : undefined}
              placeholder={placeholderOf(room.name, threadId, staged.length)}
              value={text}
              onFocus={preloadEmoji}
              spellCheck
              enterKeyHint="send"
            />
            <AfterTools
              editing={editing}
              empty={text.trim() === '' && (editing || staged.length === 0)}
              onEmoji={act.insert}
              onPoll={() => setDialog('poll')}
              onRecord={() => setRecording(true)}
              onSend={act.submit}
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

/** Focus follows the choice of a room or a message, except where that would open an on-screen keyboard. */
function useFocus(field: { readonly current: HTMLTextAreaElement | null }, about: string | undefined): void {
  useEffect(() => {
    const element = field.current
    if (element === null || !window.matchMedia('(pointer: fine)').matches) return
    element.focus()
    element.setSelectionRange(element.value.length, element.value.length)
  }, [field, about])
}
