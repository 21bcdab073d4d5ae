import { formatAgo, formatMoment } from '../../../model/time.ts'
import { Note } from '../../../ui/note.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { Moment } from '../moment.tsx'
import css from '../network.module.css'
import type { InspectedPeer, PeerAddress, PeerDetail } from './schema.ts'
import { sourceWords, timelineWords } from './words.ts'

/** Each address that was tried or heard of, the best first. */
export function AddressList({ addresses, now }: { addresses: readonly PeerAddress[]; now: number }) {
  if (addresses.length === 0) return <p className={css.muted}>None is known.</p>
  return (
    <ul className={css.list} aria-label="Addresses">
      {addresses.map((each) => {
        const state = stateOf(each)
        return (
          <li key={each.address} className={css.item}>
            <span className={css.mono}>{each.address}</span>
            <Tag tone={state === 'works' ? 'ok' : state === 'fails' ? 'danger' : 'neutral'}>{state}</Tag>
            <p>{addressWords(each, now)}</p>
          </li>
        )
      })}
    </ul>
  )
}

function stateOf({ last_success_ts: success, last_failure_ts: failure }: PeerAddress): string {
  if (success === null && failure === null) return 'not tried'
  return (success ?? 0) >= (failure ?? 0) ? 'works' : 'fails'
}

function addressWords(each: PeerAddress, now: number): string {
  const parts = [sourceWords(each.source)]
  if (each.interface !== null) parts.push(`by ${each.interface}`)
  if (each.last_success_ts !== null) parts.push(`reached ${formatAgo(each.last_success_ts, now)}`)
  if (each.last_failure_ts !== null)
    parts.push(
      `failed ${formatAgo(each.last_failure_ts, now)}${each.failure === null ? '' : ` (${each.failure})`}`,
    )
  return parts.join(' · ')
}

/** A key that took another's place: harmless where the server vouches for the one before. */
export function KeyChange({ change }: { change: NonNullable<InspectedPeer['key_change']> }) {
  const { before, after, vouched } = change
  return (
    <Note tone={vouched ? 'info' : 'warn'}>
      <p>
        Its signing key changed: since {formatMoment(after.since_ts)} it has another one.{' '}
        {vouched
          ? 'It vouches for the one before, as a server does that changes its key on purpose.'
          : 'It does not vouch for the one before: it may have been set up anew, or somebody else may have the name now.'}
      </p>
      <dl className={css.list}>
        <div>
          <dt>Now</dt>
          <dd className={css.mono}>
            {after.key_id} {after.public_key}
          </dd>
        </div>
        <div>
          <dt>Before, since {formatMoment(before.since_ts)}</dt>
          <dd className={css.mono}>
            {before.key_id} {before.public_key}
          </dd>
        </div>
      </dl>
    </Note>
  )
}

export function Timeline({ events, now }: { events: PeerDetail['timeline']; now: number }) {
  if (events.length === 0) return <p className={css.muted}>Nothing happened yet.</p>
  return (
    <ol className={css.timeline} aria-label="History">
      {events.map((event) => {
        const { words, tone } = timelineWords(event)
        return (
          <li key={`${event.ts} ${event.kind} ${event.detail ?? ''}`} data-tone={tone}>
            <span>{words}</span>
            <Moment className={css.times} ts={event.ts} now={now} />
          </li>
        )
      })}
    </ol>
  )
}
