import { CornerUpLeft } from 'lucide-react'
import { useVerbs } from '../model/conversation.ts'
import { describeMessage } from '../model/describe-event.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { colourIndex } from './initials.ts'
import css from './message-quote.module.css'
import colours from './message.module.css'

/** What a message answers, in one line; leads there. */
export function Quote({ eventId }: { eventId: string }) {
  const { client } = useServices()
  const { roomId, jumpTo } = useVerbs()
  const event = useReadable(client.event(roomId, eventId))
  if (event === 'loading') return <p className={css.quote}>Loading what this answers…</p>
  if (event === 'missing') return <p className={css.quote}>What this answers is not to be found here.</p>
  const words = describeMessage(event).replaceAll(/\s+/gu, ' ')
  return (
    <button
      type="button"
      className={css.quote}
      aria-label={`In answer to ${event.sender.name}: ${words}`}
      onClick={() => jumpTo(eventId)}
    >
      <CornerUpLeft aria-hidden="true" />
      <span className={[css.name, colours[`colour${colourIndex(event.sender.userId)}`]].join(' ')}>
        {event.sender.name}
      </span>
      <span className={css.words}>{words}</span>
    </button>
  )
}
