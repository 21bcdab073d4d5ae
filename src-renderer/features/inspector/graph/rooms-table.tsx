import { FileDown, GitFork } from 'lucide-react'
import { useMemo, useState } from 'react'
import { inspectorHref } from '../../../model/routes.ts'
import { useReadable, useServices } from '../../../model/use-client.ts'
import { DataTable, type DataColumn } from '../../../ui/data-table.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { useInspected } from '../event/use-inspected.ts'
import { ExportDialog } from '../export/export-dialog.tsx'
import { Unanswered } from '../unanswered.tsx'
import { graphRoomsSchema, type GraphRoom } from './graph-event.ts'
import css from './graph.module.css'

interface Row extends GraphRoom {
  readonly shown: string
}

/** Every room that this node knows, with what is special about its graph. */
export function RoomsTable() {
  const { client } = useServices()
  const summaries = useReadable(client.rooms)
  const [attempt, setAttempt] = useState(0)
  const found = useInspected('rooms', graphRoomsSchema, attempt)
  const [exported, setExported] = useState<Row>()
  const all = useMemo(() => [...columns, exportColumn(setExported)], [])

  if (found.state !== 'ready') {
    return (
      <Unanswered
        waiting="Counting events…"
        problem={found.state === 'failed' ? found.problem : undefined}
        icon={<GitFork />}
        title="The rooms could not be loaded"
        again={() => setAttempt((before) => before + 1)}
      />
    )
  }
  const rows = found.value.rooms.map((room): Row => ({
    ...room,
    shown: summaries.find((each) => each.id === room.roomId)?.name ?? room.name ?? room.roomId,
  }))
  return (
    <>
      <DataTable
        label="Rooms"
        columns={all}
        rows={rows}
        rowKey={(row) => row.roomId}
        initialSort={{ column: 'events', descending: true }}
        onSelect={(row) => {
          window.location.hash = inspectorHref('graph', [row.roomId])
        }}
        empty={
          <EmptyState icon={<GitFork />} title="No rooms yet">
            Make a room or join one: its events appear here as a graph.
          </EmptyState>
        }
      />
      {exported !== undefined && (
        <ExportDialog roomId={exported.roomId} name={exported.shown} onClose={() => setExported(undefined)} />
      )}
    </>
  )
}

const exportColumn = (onExport: (row: Row) => void): DataColumn<Row> => ({
  id: 'export',
  label: '',
  align: 'end',
  width: '56px',
  title: () => undefined,
  cell: (row) => (
    <IconButton size="sm" label={`Export ${row.shown}…`} icon={<FileDown />} onClick={() => onExport(row)} />
  ),
})

const count = (
  id: string,
  label: string,
  of: (row: Row) => number,
  tone?: 'warn' | 'danger',
  wideOnly = false,
): DataColumn<Row> => ({
  id,
  label,
  align: 'end',
  width: '112px',
  wideOnly,
  sortBy: of,
  cell: (row) => {
    const number = of(row)
    if (number === 0 && tone !== undefined) return <span className={css.none}>–</span>
    const text = number.toLocaleString()
    return tone === undefined ? text : <Tag tone={tone}>{text}</Tag>
  },
})

const columns: readonly DataColumn<Row>[] = [
  {
    id: 'room',
    label: 'Room',
    sortBy: (row) => row.shown.toLocaleLowerCase(),
    title: (row) => row.roomId,
    cell: (row) => row.shown,
  },
  {
    id: 'version',
    label: 'Version',
    width: '92px',
    align: 'end',
    wideOnly: true,
    sortBy: (row) => Number(row.version),
    cell: (row) => row.version,
  },
  count('events', 'Events', (row) => row.events),
  count('extremities', 'Extremities', (row) => row.extremities, undefined, true),
  count('gaps', 'Gaps', (row) => row.gaps, 'warn'),
  count('rejected', 'Rejected', (row) => row.rejected, 'danger'),
  count('soft-failed', 'Soft-failed', (row) => row.softFailed, 'warn', true),
  count('outliers', 'Outliers', (row) => row.outliers, undefined, true),
]
