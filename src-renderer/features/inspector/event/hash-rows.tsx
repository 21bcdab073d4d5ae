import { Tag } from '../../../ui/tag.tsx'
import css from './event-detail.module.css'
import { contentHashWords } from './event-words.ts'
import type { InspectedEvent } from './schema.ts'

/** The hash of the content, and the one that is the event's id, computed anew and compared. */
export function HashRows({ event }: { event: Pick<InspectedEvent, 'hashes' | 'redacted_by'> }) {
  const { content, reference } = event.hashes
  return (
    <ul className={css.signatures}>
      <li>
        <p className={css.verdict}>
          <span>Content hash</span>
          <Tag tone={content.matches ? 'ok' : 'warn'}>{content.matches ? 'Matches' : 'Differs'}</Tag>
        </p>
        <p className={css.help}>{contentHashWords(event)}</p>
        {!content.matches && (
          <p className={css.help}>
            Claimed <code>{content.claimed}</code>, computed <code>{content.computed}</code>
          </p>
        )}
      </li>
      <li>
        <p className={css.verdict}>
          <span>Reference hash</span>
          {!reference.explicit && (
            <Tag tone={reference.matches ? 'ok' : 'danger'}>{reference.matches ? 'Matches' : 'Differs'}</Tag>
          )}
        </p>
        <p className={css.help}>
          {reference.explicit
            ? 'In room versions 1 and 2 the id is given by the sender’s server, and is no hash.'
            : reference.matches
              ? 'The id of the event is its hash: nothing that redaction leaves was changed.'
              : `Computed: ${reference.computed ?? ''}. That is another event.`}
        </p>
      </li>
    </ul>
  )
}
