import type { SearchHit } from '../../client/search.ts'
import type { RoomEvent } from '../../client/types.ts'
import { describeMessage } from '../../model/describe-event.ts'
import { markWords } from '../../model/mark-words.ts'
import { formatMoment, formatShort } from '../../model/time.ts'
import { useNow } from '../../model/use-now.ts'
import { Avatar } from '../../ui/avatar.tsx'
import css from './search-panel.module.css'

interface SearchHitRowProps {
  hit: SearchHit
  own: boolean
  words: readonly string[]
  withRoom: boolean
  onOpen: () => void
}

export function SearchHitRow({ hit, own, words, withRoom, onOpen }: SearchHitRowProps) {
  const { event, before, after } = hit
  const now = useNow(60_000)
  return (
    <button type="button" className={css.hit} onClick={onOpen}>
      <Avatar id={event.sender.userId} name={event.sender.name} mxc={event.sender.avatarMxc} size={24} />
      <span className={css.words}>
        <span className={css.line}>
          <span className={css.name}>{own ? 'You' : event.sender.name}</span>
          <time title={formatMoment(event.ts)}>{formatShort(event.ts, now)}</time>
        </span>
        {withRoom && <span className={css.room}>{hit.roomName}</span>}
        {said(before)
          .slice(-1)
          .map((each) => (
            <span key={each.id} className={css.context}>
              {each.sender.name}: {describeMessage(each)}
            </span>
          ))}
        <span className={css.body}>
          {markWords(describeMessage(event).slice(0, 400), words).map((part, index) =>
            part.marked ? (
              // The parts of one text do not move.
              // oxlint-disable-next-line react/no-array-index-key
              <mark key={index}>{part.text}</mark>
            ) : (
              part.text
            ),
          )}
        </span>
        {said(after)
          .slice(0, 1)
          .map((each) => (
            <span key={each.id} className={css.context}>
              {each.sender.name}: {describeMessage(each)}
            </span>
          ))}
      </span>
    </button>
  )
}

/** What is around a hit tells something only where it has words. */
function said(events: readonly RoomEvent[]): readonly RoomEvent[] {
  return events.filter((event) => describeMessage(event) !== '')
}
