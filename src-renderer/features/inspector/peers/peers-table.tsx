import { KeyRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { inspectorHref } from '../../../model/routes.ts'
import { formatAgo, formatMoment } from '../../../model/time.ts'
import { DataTable, type DataColumn } from '../../../ui/data-table.tsx'
import { Tag } from '../../../ui/tag.tsx'
import css from '../network.module.css'
import type { InspectedPeer } from './schema.ts'
import {
  clockWords,
  foundWords,
  matchWords,
  reachWords,
  roundTripWords,
  softwareWords,
  waitingWords,
} from './words.ts'

export interface ShownPeer extends InspectedPeer {
  /** What people call it. */
  readonly shown: string
}

interface PeersTableProps {
  peers: readonly ShownPeer[]
  now: number
  selected: string | undefined
  /** Something stands beside it. */
  narrow: boolean
  onSelect: (peer: ShownPeer) => void
  empty: ReactNode
}

export function PeersTable({ peers, now, selected, narrow, onSelect, empty }: PeersTableProps) {
  const columns = narrow ? all(now).filter(({ id }) => ESSENTIAL.has(id)) : all(now)
  return (
    <DataTable
      label="Servers"
      columns={columns}
      rows={peers}
      rowKey={(peer) => peer.server_name}
      selected={selected}
      onSelect={onSelect}
      initialSort={{ column: 'state' }}
      empty={empty}
    />
  )
}

const ESSENTIAL = new Set(['name', 'state', 'trip', 'match', 'queue'])
const ORDER = ['danger', 'warn', 'ok', 'neutral']

const all = (now: number): DataColumn<ShownPeer>[] => [
  {
    id: 'name',
    label: 'Server',
    cell: (peer) => (
      <span className={css.name}>
        <span>{peer.shown}</span>
        {peer.key_change !== null && (
          <>
            <KeyRound className={css.changed} aria-hidden="true" />
            <span className="visually-hidden">, its key has changed</span>
          </>
        )}
      </span>
    ),
    title: (peer) => peer.server_name,
    sortBy: (peer) => peer.shown,
  },
  {
    id: 'state',
    label: 'State',
    width: '148px',
    cell: (peer) => {
      const { words, tone } = reachWords(peer)
      return <Tag tone={tone}>{words}</Tag>
    },
    sortBy: (peer) => ORDER.indexOf(reachWords(peer).tone),
  },
  {
    id: 'trip',
    label: 'Round trip',
    width: '104px',
    wideOnly: true,
    align: 'end',
    cell: roundTripWords,
    title: (peer) => (peer.round_trip === null ? undefined : `the last one ${roundTripLast(peer)}`),
    sortBy: (peer) => peer.round_trip?.smoothed_ms,
  },
  {
    id: 'found',
    label: 'Found by',
    width: '160px',
    wideOnly: true,
    cell: foundOn,
    sortBy: foundOn,
  },
  {
    id: 'match',
    label: 'Recognised by',
    width: '132px',
    wideOnly: true,
    cell: ({ tls }) => {
      const { words, tone } = matchWords(tls)
      return tone === 'ok' || tone === 'neutral' ? words : <Tag tone={tone}>{words}</Tag>
    },
    title: ({ tls }) => matchWords(tls).more,
    sortBy: ({ tls }) => matchWords(tls).words,
  },
  {
    id: 'software',
    label: 'Software',
    width: '112px',
    wideOnly: 'very',
    cell: softwareWords,
    sortBy: softwareWords,
  },
  {
    id: 'clock',
    label: 'Clock',
    width: '112px',
    wideOnly: 'very',
    cell: ({ clock }) => {
      const { words, tone } = clockWords(clock)
      return tone === 'warn' ? <Tag tone="warn">{words}</Tag> : words
    },
    title: ({ clock }) => clock?.words ?? 'It was not asked yet.',
    sortBy: ({ clock }) => (clock === null ? undefined : Math.abs(clock.difference_ms)),
  },
  {
    id: 'seen',
    label: 'Last seen',
    width: '112px',
    wideOnly: true,
    cell: (peer) => (peer.last_seen_ts === null ? 'never' : formatAgo(peer.last_seen_ts, now)),
    title: (peer) => (peer.last_seen_ts === null ? undefined : formatMoment(peer.last_seen_ts)),
    sortBy: (peer) => peer.last_seen_ts ?? undefined,
  },
  {
    id: 'queue',
    label: 'Waiting',
    width: '96px',
    align: 'end',
    cell: (peer) =>
      peer.queued.pdus + peer.queued.edus === 0 ? (
        <span className={css.none}>–</span>
      ) : (
        <a href={inspectorHref('queues', [peer.server_name])}>{waitingWords(peer.queued)}</a>
      ),
    sortBy: (peer) => peer.queued.pdus + peer.queued.edus,
  },
]

/** The way it was found, and the interface by which it is reached. */
const foundOn = (peer: ShownPeer): string =>
  peer.interface === null ? foundWords(peer) : `${foundWords(peer)} · ${peer.interface}`

const roundTripLast = (peer: ShownPeer): string =>
  peer.round_trip === null
    ? ''
    : `${peer.round_trip.last_ms.toFixed(1)} ms, best ${peer.round_trip.best_ms.toFixed(1)} ms`
