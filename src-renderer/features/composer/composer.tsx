import { ArrowUp, Lock } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { createDrafts } from '../../model/drafts.ts'
import { describeTyping } from '../../model/people.ts'
import { useServices } from '../../model/use-client.ts'
import css from './composer.module.css'

const drafts = createDrafts(localStorage)
const TYPING_REPEAT_MS = 10_000
const TALLEST_PX = 240

/** Mounted anew for each room, so that each has its own draft. */
export function Composer({ room }: { room: RoomDetail }) {
  const reason = whyNot(room)
  return (
    <div className={css.composer}>
      {reason === undefined ? (
        <Field room={room} />
      ) : (
        <p className={css.closed}>
          <Lock aria-hidden="true" /> {reason}
        </p>
      )}
      <p className={css.typing} aria-live="polite">
        {describeTyping(room.typing)}
      </p>
    </div>
  )
}

function Field({ room }: { room: RoomDetail }) {
  const { client } = useServices()
  const [text, setText] = useState(() => drafts.get(room.id))
  const field = useRef<HTMLTextAreaElement>(null)
  const typing = useTypingNotice(room.id)

  useLayoutEffect(() => {
    const element = field.current
    if (element === null) return
    element.style.height = 'auto'
    element.style.height = `${Math.min(element.scrollHeight, TALLEST_PX)}px`
  }, [text])

  // Focus follows the choice of a room, except where that would open an on-screen keyboard.
  useEffect(() => {
    if (window.matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])

  function change(next: string): void {
    setText(next)
    drafts.set(room.id, next)
    typing.note(next !== '')
  }

  function send(): void {
    const body = text.trim()
    if (body === '') return
    client.send(room.id, body)
    change('')
    field.current?.focus()
  }

  function onKeyDown(event: KeyboardEvent): void {
    // While an input method composes, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }

  return (
    <div className={css.field}>
      <textarea
        ref={field}
        rows={1}
        aria-label="Message"
        placeholder={`Message ${room.name}`}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => typing.note(false)}
        spellCheck
        enterKeyHint="send"
      />
      <button
        type="button"
        className={css.send}
        aria-label="Send"
        disabled={text.trim() === ''}
        onClick={send}
      >
        <ArrowUp aria-hidden="true" />
      </button>
    </div>
  )
}

/** Others are told at the beginning, again now and then, and at the end. */
function useTypingNotice(roomId: string): { note: (typing: boolean) => void } {
  const { client } = useServices()
  const toldAt = useRef(0)

  function tell(typing: boolean): void {
    toldAt.current = typing ? Date.now() : 0
    // Nobody misses a lost typing notice.
    client.setTyping(roomId, typing).catch(() => undefined)
  }

  useEffect(
    () => () => {
      if (toldAt.current !== 0) client.setTyping(roomId, false).catch(() => undefined)
    },
    [client, roomId],
  )

  return {
    note(typing) {
      if (!typing && toldAt.current !== 0) tell(false)
      if (typing && Date.now() - toldAt.current > TYPING_REPEAT_MS) tell(true)
    },
  }
}

function whyNot(room: RoomDetail): string | undefined {
  if (room.encrypted) return 'This room is encrypted. Hearth cannot write in encrypted rooms yet.'
  if (!room.can.send) return 'You may read here, but not write.'
  return undefined
}
