import { Activity, HardDrive, WifiOff } from 'lucide-react'
import { useMemo, useState } from 'react'
import { Banner } from '../../../ui/banner.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { SplitView } from '../split-view.tsx'
import { useTrace } from '../use-trace.ts'
import type { ViewProps } from '../views.ts'
import { ActivityList } from './activity-list.tsx'
import { activityHref, asTraceFilter, filterOf } from './filter.ts'
import { FilterBar } from './filter-bar.tsx'
import { RecordPanel } from './record-panel.tsx'
import { RunningList } from './running-list.tsx'

/** All that this node does, as it does it: each operation with how it came out. */
export function ActivityView({ args: [chosen], query }: ViewProps) {
  const words = query.toString()
  const filter = useMemo(() => filterOf(new URLSearchParams(words)), [words])
  const [paused, setPaused] = useState(false)
  const feed = useTrace(asTraceFilter(filter), paused)
  const selected = chosen !== undefined && /^\d{1,16}$/.test(chosen) ? Number(chosen) : undefined
  const filtered = Object.keys(filter).length > 0
  const open = (id: number | undefined): void => {
    window.location.hash = activityHref(filter, {}, id)
  }

  return (
    <SplitView
      beside={
        selected !== undefined && (
          <RecordPanel
            id={selected}
            known={feed.records.find(({ id }) => id === selected)}
            onClose={() => open(undefined)}
          />
        )
      }
    >
      <FilterBar filter={filter} selected={selected} paused={paused} onPause={setPaused} />
      {feed.state === 'lost' && (
        <Banner icon={<WifiOff aria-hidden="true" />} tone="warn">
          {feed.problem} What happens meanwhile is shown when it is back.
        </Banner>
      )}
      {feed.storeProblem !== undefined && (
        <Banner icon={<HardDrive aria-hidden="true" />} tone="warn">
          {feed.storeProblem}
        </Banner>
      )}
      {!paused && <RunningList filter={asTraceFilter(filter)} />}
      {feed.records.length > 0 ? (
        <ActivityList key={words} feed={feed} selected={selected} onOpen={open} />
      ) : feed.state === 'loading' ? (
        <Waiting whole>Asking what happened…</Waiting>
      ) : (
        <EmptyState icon={<Activity />} title={filtered ? 'Nothing fits' : 'Nothing has happened yet'}>
          {filtered
            ? 'Nothing that is kept fits this filter. What happens from now on and fits is shown here at once.'
            : 'Write a message, or wait for somebody else to: each step is shown here.'}
        </EmptyState>
      )}
    </SplitView>
  )
}
