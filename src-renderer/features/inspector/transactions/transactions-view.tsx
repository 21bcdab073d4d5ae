import { Waypoints } from 'lucide-react'
import { useDeferredValue, useMemo, useState, type SyntheticEvent } from 'react'
import { runningSchema, tracePath, traceRecordSchema, type TraceRecord } from '../../../client/trace.ts'
import { Button } from '../../../ui/button.tsx'
import { closeOnEscape } from '../../../ui/close-on-escape.ts'
import { DataTable } from '../../../ui/data-table.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Note } from '../../../ui/note.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { Choice } from '../choice.tsx'
import { useInspected } from '../event/use-inspected.ts'
import { PauseButton } from '../pause-button.tsx'
import { useLive } from '../use-live.ts'
import { useNames, type Names } from '../use-names.ts'
import { useTrace } from '../use-trace.ts'
import type { ViewProps } from '../views.ts'
import { columnsOf } from './columns.tsx'
import { ExchangeDetail } from './exchange-detail.tsx'
import { EXCHANGES, exchangesOf, KINDS, type Exchange } from './exchange.ts'
import { filtersOf, hrefOf, passes, type Filters } from './filters.ts'
import { Legend } from './legend.tsx'
import { ServerList } from './server-list.tsx'
import css from './transactions.module.css'
import { niceSpan, type Axis } from './waterfall.tsx'

const RUNNING = tracePath(EXCHANGES).replace(/^trace/, 'running')
const NONE: readonly TraceRecord[] = []
/** Rows drawn at first, and more each time. */
const PAGE = 200
/** Of an axis by the clock. */
const CLOCK_SPAN_MS = 10_000

/** What this node asks of others and they of it, each with the time that every phase took. */
export function TransactionsView({ args, query }: ViewProps) {
  const filters = filtersOf(query)
  const [selectedId] = args
  const names = useNames()
  const [paused, setPaused] = useState(false)
  const feed = useTrace(EXCHANGES, paused)
  const running = useLive(paused ? undefined : RUNNING, runningSchema, 1_500).value?.records ?? NONE
  const [shownRows, setShownRows] = useState(PAGE)
  const [pointed, setPointed] = useState<string>()

  const records = useDeferredValue(feed.records)
  const all = useMemo(() => [...records, ...running].flatMap(exchangesOf).reverse(), [records, running])
  const inScope = useMemo(
    () => all.filter((exchange) => passes(exchange, filters)),
    // The filters are made anew from the address each time.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [all, filters.direction, filters.kind, filters.failed],
  )
  const fitting =
    filters.server === undefined ? inScope : inScope.filter(({ server }) => server === filters.server)
  const axis = axisOf(
    filters,
    fitting,
    fitting.find(({ key }) => key === selectedId),
  )
  const inTime = axis.from === undefined ? fitting : fitting.filter(({ ts, ms }) => isWithin(axis, ts, ms))
  const rows = inTime.slice(0, shownRows)
  const selected = rows.find(({ key }) => key === selectedId)

  const go = (next: Partial<Filters>, id: string | undefined = selectedId): void =>
    window.location.replace(hrefOf({ ...filters, ...next }, id))
  const point = (event: SyntheticEvent): void => {
    const row = event.target instanceof Element ? event.target.closest('tr') : null
    setPointed(row?.querySelector<HTMLElement>('[data-exchange]')?.dataset['exchange'])
  }
  const readOut = rows.find(({ key }) => key === pointed) ?? selected

  const close = () => window.location.replace(hrefOf(filters))

  return (
    <div className={css.view}>
      <Bar filters={filters} onChange={go} paused={paused} onPause={setPaused} />
      {feed.state === 'lost' && <Note tone="warn">{feed.problem} What is shown is from before.</Note>}
      {/* From wherever in it the focus is; there is a button as well. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        className={css.columns}
        data-detail={selectedId !== undefined || undefined}
        onKeyDown={selectedId === undefined ? undefined : closeOnEscape(close)}
      >
        <ServerList
          exchanges={all}
          names={names}
          selected={filters.server}
          onSelect={(server) => go({ server })}
        />
        <div
          className={css.table}
          onMouseOver={point}
          onFocus={point}
          onMouseLeave={() => setPointed(undefined)}
        >
          <Legend exchange={readOut} direction={filters.direction} />
          <DataTable
            label="Requests between servers"
            columns={columnsOf({
              names,
              axis,
              withServer: filters.server === undefined,
              narrow: selectedId !== undefined,
            })}
            rows={rows}
            rowKey={({ key }) => key}
            selected={selected?.key}
            initialSort={{ column: 'time', descending: true }}
            onSelect={(exchange) => go({}, exchange.key)}
            empty={feed.state === 'loading' ? <Loading /> : <Nothing filtered={all.length > 0} />}
          />
          {(inTime.length > rows.length || feed.hasOlder) && rows.length > 0 && (
            <div className={css.more}>
              <Button
                size="sm"
                busy={feed.loadingOlder}
                onClick={() => {
                  setShownRows((before) => before + PAGE)
                  if (inTime.length <= rows.length + PAGE && feed.hasOlder) feed.loadOlder()
                }}
              >
                Show older ones
              </Button>
            </div>
          )}
        </div>
        {selectedId !== undefined && (
          <Detail
            key={selectedId}
            id={selectedId}
            known={all.find(({ key }) => key === selectedId)}
            names={names}
            onClose={close}
          />
        )}
      </div>
    </div>
  )
}

function Bar(props: {
  filters: Filters
  onChange: (next: Partial<Filters>) => void
  paused: boolean
  onPause: (paused: boolean) => void
}) {
  const { filters, onChange, paused, onPause } = props
  return (
    <div className={css.bar} role="toolbar" aria-label="Filters">
      <Segmented
        label="Direction"
        labelHidden
        value={filters.direction}
        options={[
          { value: 'both', label: 'Both ways' },
          { value: 'out', label: 'Sent' },
          { value: 'in', label: 'Received' },
        ]}
        onChange={(direction) => onChange({ direction })}
      />
      <Choice
        label="Kind"
        all="Every kind"
        value={filters.kind === 'all' ? '' : filters.kind}
        options={KINDS}
        onChange={(kind) => onChange({ kind: KINDS.find(({ value }) => value === kind)?.value ?? 'all' })}
      />
      <label className={css.check}>
        <input
          type="checkbox"
          checked={filters.failed}
          onChange={(event) => onChange({ failed: event.target.checked })}
        />
        Only what failed
      </label>
      <span className={css.gap} />
      <Segmented
        label="Axis"
        labelHidden
        value={filters.axis}
        options={[
          { value: 'own', label: 'Compare' },
          { value: 'clock', label: 'By the clock' },
        ]}
        onChange={(axis) => onChange({ axis })}
      />
      <PauseButton paused={paused} onPause={onPause} />
    </div>
  )
}

/** By the clock: around the request that is looked at, else the last seconds. */
function axisOf(filters: Filters, exchanges: readonly Exchange[], selected: Exchange | undefined): Axis {
  if (filters.axis === 'own') return { from: undefined, span: niceSpan(exchanges.map(({ ms }) => ms)) }
  if (selected !== undefined) {
    const span = niceSpan([Math.max(50, selected.ms * 3)])
    return { from: selected.ts - span / 4, span }
  }
  const end = exchanges.reduce((latest, { ts, ms }) => Math.max(latest, ts + ms), 0)
  return { from: end - CLOCK_SPAN_MS, span: CLOCK_SPAN_MS }
}

function isWithin({ from, span }: Axis, ts: number, ms: number): boolean {
  return from === undefined || (ts + ms >= from && ts <= from + span)
}

function Detail(props: { id: string; known: Exchange | undefined; names: Names; onClose: () => void }) {
  const { id, known, names, onClose } = props
  const [record = ''] = id.split('.')
  const fetched = useInspected(known === undefined ? `trace/${record}` : undefined, traceRecordSchema)
  const found = fetched.state === 'ready' ? exchangesOf(fetched.value) : []
  // Of an address with the operation only, its first request.
  const exchange = known ?? found.find(({ key }) => key === id) ?? found[0]
  return (
    <aside className={css.detail} aria-label="Request">
      {exchange !== undefined ? (
        <ExchangeDetail exchange={exchange} names={names} onClose={onClose} />
      ) : fetched.state === 'loading' ? (
        <Loading />
      ) : (
        <EmptyState
          icon={<Waypoints />}
          title="Not kept any more"
          actions={<Button onClick={onClose}>Close</Button>}
        >
          The trace is bounded: what is old makes room for what is new.
        </EmptyState>
      )}
    </aside>
  )
}

function Loading() {
  return <Waiting whole>Looking at what was asked and answered…</Waiting>
}

function Nothing({ filtered }: { filtered: boolean }) {
  return (
    <EmptyState icon={<Waypoints />} title={filtered ? 'Nothing fits' : 'No requests yet'}>
      {filtered
        ? 'Requests there were, but none that these filters let through.'
        : 'As soon as this Hearth talks with another server, each request stands here with its phases.'}
    </EmptyState>
  )
}
