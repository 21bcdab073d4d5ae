import { Gauge, ListChecks } from 'lucide-react'
import { useState } from 'react'
import { InspectorError } from '../../../client/inspector.ts'
import { inspectorHref, roomHref } from '../../../model/routes.ts'
import { formatAgo } from '../../../model/time.ts'
import { useNow } from '../../../model/use-now.ts'
import { useServices } from '../../../model/use-client.ts'
import { Button } from '../../../ui/button.tsx'
import { LinkButton } from '../../../ui/link-button.tsx'
import { Note } from '../../../ui/note.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { Facts } from '../event/part.tsx'
import { Moment } from '../moment.tsx'
import css from '../network.module.css'
import { ServerActions, ServerHead, ServerPanel, ServerPart, type Outcome } from '../server-panel.tsx'
import { formatDuration } from '../trace-values.tsx'
import { useLive } from '../use-live.ts'
import { useNames } from '../use-names.ts'
import { AddressList, KeyChange, Timeline } from './peer-parts.tsx'
import { measuredSchema, peerDetailSchema, type InspectedPeer, type PeerDetail } from './schema.ts'
import {
  clockWords,
  foundWords,
  matchWords,
  reachWords,
  roundTripWords,
  softwareWords,
  waitingWords,
} from './words.ts'

/** All that is known of one server, and its history in this run. */
export function PeerPanel({ server, onClose }: { server: string; onClose: () => void }) {
  const live = useLive(`peers/${encodeURIComponent(server)}`, peerDetailSchema)
  return (
    <ServerPanel server={server} live={live} onClose={onClose}>
      {(detail) => <Detail detail={detail} />}
    </ServerPanel>
  )
}

function Detail({ detail }: { detail: PeerDetail }) {
  const { peer } = detail
  const names = useNames()
  const now = useNow(1_000)
  const reach = reachWords(peer)
  return (
    <>
      <ServerHead server={peer.server_name}>
        <Tag tone={reach.tone}>{reach.words}</Tag>
        {peer.rooms > 0 && <Tag>{peer.rooms === 1 ? '1 room together' : `${peer.rooms} rooms together`}</Tag>}
      </ServerHead>
      <Actions peer={peer} />
      {peer.key_change !== null && <KeyChange change={peer.key_change} />}
      {clockWords(peer.clock).tone === 'warn' && (
        <Note tone="warn">
          {peer.clock?.words} One of the two computers shows a wrong time: messages appear with it, and keys
          and certificates may count as expired.
        </Note>
      )}
      <ServerPart title="How it is reached">
        <Facts
          rows={[
            ['Found by', foundWords(peer)],
            ['Interface', peer.interface ?? '–'],
            ['Round trip', tripOf(peer)],
            [
              'Last seen',
              peer.last_seen_ts === null ? 'never' : <Moment key="seen" ts={peer.last_seen_ts} now={now} />,
            ],
            ['Software', softwareWords(peer)],
            ['Clock', peer.clock?.words ?? '–'],
          ]}
        />
      </ServerPart>
      <ServerPart title="Addresses">
        <AddressList addresses={peer.addresses} now={now} />
      </ServerPart>
      <ServerPart title="Connection">
        <Tls peer={peer} />
      </ServerPart>
      {detail.keys.length > 0 && (
        <ServerPart title="Signing keys">
          <ul className={css.list}>
            {detail.keys.map((key) => (
              <li key={`${key.key_id} ${key.public_key}`} className={css.item}>
                <span className={css.mono}>{key.key_id}</span>
                <span className={css.times}>
                  {key.old
                    ? 'earlier'
                    : key.since_ts === 0
                      ? 'is the name'
                      : `since ${formatAgo(key.since_ts, now)}`}
                </span>
                <p className={css.mono}>{key.public_key}</p>
              </li>
            ))}
          </ul>
        </ServerPart>
      )}
      {detail.room_ids.length > 0 && (
        <ServerPart title="Rooms together">
          <ul className={css.list}>
            {detail.room_ids.map((room) => (
              <li key={room} className={css.item}>
                <a className={css.link} href={roomHref(room)} title={room}>
                  {names.room(room)}
                </a>
                <a href={inspectorHref('graph', [room])}>Graph</a>
              </li>
            ))}
          </ul>
        </ServerPart>
      )}
      <ServerPart title="History since Hearth started">
        <Timeline events={detail.timeline} now={now} />
      </ServerPart>
    </>
  )
}

function Actions({ peer }: { peer: InspectedPeer }) {
  const { client } = useServices()
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<Outcome>()

  async function measure(): Promise<void> {
    setBusy(true)
    try {
      const path = `peers/${encodeURIComponent(peer.server_name)}/measure`
      const { ok, round_trips_ms: trips, words } = await client.inspector.post(path, {}, measuredSchema)
      setOutcome(
        ok
          ? { ok, words: `${trips.length} round trips: ${trips.map(formatDuration).join(', ')}` }
          : { ok, words: words ?? 'It does not answer.' },
      )
    } catch (error) {
      setOutcome({
        ok: false,
        words: error instanceof InspectorError ? error.message : 'Hearth does not answer.',
      })
    } finally {
      setBusy(false)
    }
  }

  const waits = peer.queued.pdus + peer.queued.edus > 0
  return (
    <ServerActions
      server={peer.server_name}
      outcome={outcome}
      action={
        <Button size="sm" busy={busy} disabled={!peer.allowed} onClick={() => void measure()}>
          {!busy && <Gauge aria-hidden="true" />} Measure now
        </Button>
      }
    >
      {waits && (
        <LinkButton href={inspectorHref('queues', [peer.server_name])}>
          <ListChecks aria-hidden="true" /> {waitingWords(peer.queued)} waiting
        </LinkButton>
      )}
    </ServerActions>
  )
}

function Tls({ peer: { tls } }: { peer: InspectedPeer }) {
  if (tls === null) return <p className={css.muted}>There was no connection since Hearth started.</p>
  const match = matchWords(tls)
  return (
    <>
      {match.tone === 'danger' && <Note tone="warn">{match.more}</Note>}
      <Facts
        rows={[
          ['Recognised', match.tone === 'danger' ? match.words : match.more],
          ['TLS', tls.cipher === null ? tls.version : `${tls.version}, ${tls.cipher}`],
          ['Certificate', certificateWords(tls)],
          ...(tls.server_key === null
            ? []
            : [
                [
                  'Key in it',
                  <code key="key" className={css.mono}>
                    {tls.server_key}
                  </code>,
                ] as const,
              ]),
        ]}
      />
    </>
  )
}

function certificateWords(tls: NonNullable<InspectedPeer['tls']>): string {
  const kind =
    tls.certificate === 'node'
      ? 'self-signed, with the server’s key in it'
      : tls.certificate === 'authority'
        ? `by ${tls.issuer ?? 'an authority'}`
        : `by ${tls.issuer ?? 'somebody'}, whom nobody here knows`
  const end =
    tls.valid_to_ts === null ? 'does not expire' : `until ${new Date(tls.valid_to_ts).toLocaleDateString()}`
  return `${kind}; ${end}`
}

function tripOf(peer: InspectedPeer): string {
  const trip = peer.round_trip
  if (trip === null) return '–'
  return `${roundTripWords(peer)} (last ${formatDuration(trip.last_ms)}, best ${formatDuration(trip.best_ms)})`
}
