import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatBytes } from '../../../model/measures.ts'
import { formatAgo, formatMoment } from '../../../model/time.ts'
import { useNow } from '../../../model/use-now.ts'
import { DataTable, type DataColumn } from '../../../ui/data-table.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { Spinner } from '../../../ui/spinner.tsx'
import { Tag } from '../../../ui/tag.tsx'
import css from '../network.module.css'
import { waitingWords } from '../peers/words.ts'
import type { Queue } from './schema.ts'
import type { useRetry } from './use-retry.ts'
import { stateWords, waits } from './words.ts'

export interface ShownQueue extends Queue {
  readonly shown: string
  /** Milliseconds until the next attempt, as they go by. */
  readonly left: number | undefined
}

interface QueuesTableProps {
  queues: readonly ShownQueue[]
  selected: string | undefined
  narrow: boolean
  retries: ReturnType<typeof useRetry>
  onSelect: (queue: ShownQueue) => void
  empty: ReactNode
}

const ESSENTIAL = new Set(['name', 'waiting', 'state', 'retry'])

export function QueuesTable({ queues, selected, narrow, retries, onSelect, empty }: QueuesTableProps) {
  const now = useNow(1_000)
  const columns = columnsOf(now, retries)
  return (
    <DataTable
      label="Queues"
      columns={narrow ? columns.filter(({ id }) => ESSENTIAL.has(id)) : columns}
      rows={queues}
      rowKey={(queue) => queue.server_name}
      selected={selected}
      onSelect={onSelect}
      initialSort={{ column: 'waiting', descending: true }}
      empty={empty}
    />
  )
}

const columnsOf = (now: number, { busy, retry }: ReturnType<typeof useRetry>): DataColumn<ShownQueue>[] => [
  {
    id: 'name',
    label: 'Server',
    cell: (queue) => (
      <span className={css.name}>
        <span>{queue.shown}</span>
      </span>
    ),
    title: (queue) => queue.server_name,
    sortBy: (queue) => queue.shown,
  },
  {
    id: 'waiting',
    label: 'Waiting',
    width: '136px',
    cell: (queue) => (waits(queue) ? waitingWords(queue) : <span className={css.none}>–</span>),
    sortBy: (queue) => queue.pdus * 1_000 + queue.edus,
  },
  {
    id: 'bytes',
    label: 'Size',
    width: '80px',
    align: 'end',
    wideOnly: 'very',
    cell: (queue) => (waits(queue) ? formatBytes(queue.bytes) : '–'),
    sortBy: (queue) => queue.bytes,
  },
  {
    id: 'oldest',
    label: 'Oldest',
    width: '116px',
    wideOnly: 'very',
    cell: (queue) => (queue.oldest_ts === null ? '–' : formatAgo(queue.oldest_ts, now)),
    title: (queue) => (queue.oldest_ts === null ? undefined : formatMoment(queue.oldest_ts)),
    sortBy: (queue) => queue.oldest_ts ?? undefined,
  },
  {
    id: 'state',
    label: 'Next',
    width: '156px',
    cell: (queue) => {
      const { words, tone } = stateWords(queue, queue.left)
      return <Tag tone={tone}>{words}</Tag>
    },
    sortBy: (queue) => queue.left,
  },
  {
    id: 'attempts',
    label: 'Failed',
    width: '84px',
    align: 'end',
    wideOnly: true,
    cell: (queue) => (queue.failures === 0 ? '–' : `${queue.failures}×`),
    sortBy: (queue) => queue.failures,
  },
  {
    id: 'away',
    label: 'Away since',
    width: '116px',
    wideOnly: true,
    cell: (queue) => (queue.away_since_ts === null ? '–' : formatAgo(queue.away_since_ts, now)),
    title: (queue) => (queue.away_since_ts === null ? undefined : formatMoment(queue.away_since_ts)),
    sortBy: (queue) => queue.away_since_ts ?? undefined,
  },
  {
    id: 'error',
    label: 'Why',
    wideOnly: true,
    cell: (queue) => (waits(queue) ? (queue.error ?? '–') : '–'),
    sortBy: (queue) => queue.error ?? undefined,
  },
  {
    id: 'refused',
    label: 'Not taken',
    width: '100px',
    align: 'end',
    wideOnly: true,
    cell: (queue) => (queue.not_taken === 0 ? '–' : <Tag tone="warn">{queue.not_taken}</Tag>),
    sortBy: (queue) => queue.not_taken,
  },
  {
    id: 'retry',
    label: 'Retry',
    width: '68px',
    keepWidth: true,
    align: 'end',
    cell: (queue) =>
      busy.has(queue.server_name) ? (
        <span className={css.busy}>
          <Spinner />
          <span className="visually-hidden">Trying…</span>
        </span>
      ) : (
        waits(queue) &&
        queue.allowed && (
          <IconButton
            size="sm"
            label={`Retry ${queue.shown} now`}
            icon={<RotateCw />}
            onClick={() => void retry(queue.server_name)}
          />
        )
      ),
  },
]
