import type { SearchHit } from '../../client/search.ts'
import type { RoomEvent } from '../../client/types.ts'
import { describeMessage } from '../../model/describe-event.ts'
import { markWords } from '../../model/mark-words.ts'
import { PanelMessage, PanelWords } from '../../ui/panel-message.tsx'
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
  return (
    <PanelMessage sender={event.sender} name={own ? 'You' : undefined} ts={event.ts} onOpen={onOpen}>
      {withRoom && <span className={css.room}>{hit.roomName}</span>}
      {said(before)
        .slice(-1)
        .map((each) => (
          <span key={each.id} className={css.context}>
            {each.sender.name}: {describeMessage(each)}
          </span>
        ))}
      <PanelWords>
        {markWords(describeMessage(event).slice(0, 400), words).map((part, index) =>
          part.marked ? (
            // The parts of one text do not move.
            // oxlint-disable-next-line react/no-array-index-key
            <mark key={index} className={css.mark}>
              {part.text}
            </mark>
          ) : (
            part.text
          ),
        )}
      </PanelWords>
      {said(after)
        .slice(0, 1)
        .map((each) => (
          <span key={each.id} className={css.context}>
            {each.sender.name}: {describeMessage(each)}
          </span>
        ))}
    </PanelMessage>
  )
}

/** What is around a hit tells something only where it has words. */
function said(events: readonly RoomEvent[]): readonly RoomEvent[] {
  return events.filter((event) => describeMessage(event) !== '')
}
