import { ArrowUp, ChartBar, Check, Mic, Paperclip } from 'lucide-react'
import { useRef } from 'react'
import { IconButton } from '../../ui/icon-button.tsx'
import css from './composer.module.css'
import { EmojiButton } from './emoji-button.tsx'

/** In front of the text. */
export function BeforeTools({ editing, onFiles }: { editing: boolean; onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  if (editing) return null
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to attach"
        onChange={(event) => {
          onFiles(Array.from(event.target.files ?? []))
          // The same file may be chosen again.
          event.target.value = ''
        }}
      />
      <IconButton
        label="Attach files"
        icon={<Paperclip />}
        className={css.tool ?? ''}
        onClick={() => input.current?.click()}
      />
    </>
  )
}

interface AfterToolsProps {
  editing: boolean
  empty: boolean
  onEmoji: (emoji: string) => void
  onPoll: () => void
  onRecord: () => void
  onSend: () => void
}

/** Behind it. The microphone stands where there is nothing to send. */
export function AfterTools({ editing, empty, onEmoji, onPoll, onRecord, onSend }: AfterToolsProps) {
  // Browsers give the microphone only to pages that came over a safe way.
  const canRecord = 'mediaDevices' in navigator && !editing
  return (
    <div className={css.tools}>
      {!editing && (
        <IconButton
          label="Create a poll"
          icon={<ChartBar />}
          className={`${css.tool} ${css.spare}`}
          onClick={onPoll}
        />
      )}
      <EmojiButton onPick={onEmoji} />
      {empty && canRecord ? (
        <IconButton
          label="Record a voice message"
          icon={<Mic />}
          className={css.tool ?? ''}
          onClick={onRecord}
        />
      ) : (
        <button
          type="button"
          className={css.send}
          aria-label={editing ? 'Save' : 'Send'}
          disabled={empty}
          onClick={onSend}
        >
          {editing ? <Check aria-hidden="true" /> : <ArrowUp aria-hidden="true" />}
        </button>
      )}
    </div>
  )
}
