import { Lock } from 'lucide-react'
import { useConversation } from '../../model/conversation.ts'
import { describeTyping } from '../../model/people.ts'
import type { RoomDetail } from '../../model/types.ts'
import css from './composer.module.css'
import { Field } from './field.tsx'
import { usePlaces, useRestored } from './use-restored.ts'

/** Mounted anew for each room and thread, so that each has its own draft. */
export function Composer({ room }: { room: RoomDetail }) {
  const { threadId } = useConversation()
  const reason = whyNot(room)
  return (
    <div className={css.composer} data-thread={threadId !== undefined || undefined}>
      {reason === undefined ? (
        <Writing />
      ) : (
        <p className={css.closed}>
          <Lock aria-hidden="true" /> {reason}
        </p>
      )}
      {/* People type in a room, not in one of its threads: it is told once. */}
      {threadId === undefined && (
        <p className={css.typing} aria-live="polite">
          {describeTyping(room.typing)}
        </p>
      )}
    </div>
  )
}

/** A new message and an edit are two texts: the first is there again when the second is done. */
function Writing() {
  const { composing } = useConversation()
  const { fresh, edit } = usePlaces()
  useRestored()
  return composing?.kind === 'edit' ? (
    <Field key={composing.event.id} place={edit} />
  ) : (
    <Field key="new" place={fresh} />
  )
}

function whyNot(room: RoomDetail): string | undefined {
  if (room.encrypted) return 'This room is encrypted. Hearth cannot write in encrypted rooms yet.'
  if (!room.can.send) return 'You may read here, but not write.'
  return undefined
}
