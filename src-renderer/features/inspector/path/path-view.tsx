import { MessageSquare, Route, SearchCheck } from 'lucide-react'
import { useEffect, useState } from 'react'
import { inspectorHref, roomHref } from '../../../model/routes.ts'
import { Button } from '../../../ui/button.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { eventHref } from '../event/event-detail.tsx'
import { useInspected } from '../event/use-inspected.ts'
import type { Names } from '../use-names.ts'
import { useTrace } from '../use-trace.ts'
import type { ViewProps } from '../views.ts'
import { PathStart } from './path-start.tsx'
import { pathSchema, type EventPath, type PathStep } from './schema.ts'
import { ServerCard } from './server-card.tsx'
import { StepList } from './step-list.tsx'
import { useExcerpt } from './use-excerpt.ts'
import { useNamesIn } from './use-names-in.ts'
import css from './path.module.css'

/** What needs looking at comes first. */
const ORDER = ['failed', 'refused', 'waiting', 'unknown', 'delivered']
/** Opened, and so asked, at once. */
const OPEN = 6
/** Drawn at first, and more each time. */
const MOST = 60
const LOOK_AGAIN_MS = 3_000
/** Receipts name no event in the trace that could tell of them. */
const LOOK_FOR_READERS_MS = 6_000

/** One message from being written to being read, on each server. */
export function PathView({ args }: ViewProps) {
  const [eventId] = args
  if (eventId === undefined) return <PathStart />
  return <PathOf key={eventId} eventId={eventId} />
}

function PathOf({ eventId }: { eventId: string }) {
  const { records } = useTrace({ event: eventId })
  const [looks, setLooks] = useState(0)
  const found = useInspected(
    `path/${encodeURIComponent(eventId)}`,
    pathSchema,
    looks + (records.at(-1)?.id ?? 0),
  )
  const roomId = found.state === 'ready' ? found.value.room_id : undefined
  const names = useNamesIn(roomId)
  const isOpen = found.state === 'ready' && found.value.servers.some(({ state }) => state === 'waiting')
  useEffect(() => {
    const every = isOpen ? LOOK_AGAIN_MS : LOOK_FOR_READERS_MS
    const timer = setInterval(() => setLooks((before) => before + 1), every)
    return () => clearInterval(timer)
  }, [isOpen])

  if (found.state === 'loading') return <Waiting whole>Following the message…</Waiting>
  if (found.state === 'failed')
    return (
      <EmptyState
        icon={<Route />}
        title="No path to show"
        actions={<a href={inspectorHref('path')}>Choose another message</a>}
      >
        {found.problem}
      </EmptyState>
    )
  return <Known path={found.value} names={names} />
}

function Known({ path, names }: { path: EventPath; names: Names }) {
  const { servers, here, direction, event_id: eventId } = path
  const base = baseOf(here)
  const [most, setMost] = useState(MOST)
  const sorted = servers.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
  const cards = sorted
    .slice(0, most)
    .map((server, index) => (
      <ServerCard
        key={server.server}
        eventId={eventId}
        server={server}
        names={names}
        base={base}
        open={index < OPEN || server.state === 'refused' || server.state === 'failed'}
      />
    ))
  return (
    <div className={css.view}>
      <Head path={path} names={names} />
      <div className={css.cards}>
        {direction === 'in' && cards}
        <section className={css.card} aria-label="This Hearth">
          <h2 className={css.cardHead}>
            <span className={css.cardName}>This Hearth</span>
          </h2>
          <div className={css.cardBody}>
            <StepList label="On this Hearth" steps={here} base={base} names={names} />
            {path.trace_from !== undefined &&
              here.some(({ state, ts }) => state === 'unknown' || ts === undefined) && (
                <p className={css.clock}>
                  What the node did is recorded since {new Date(path.trace_from).toLocaleString()}. Of what
                  was before, only what is on disk is known.
                </p>
              )}
          </div>
        </section>
        {direction === 'out' && cards}
      </div>
      {servers.length > most && (
        <div>
          <Button size="sm" onClick={() => setMost((before) => before + MOST)}>
            Show more of {servers.length} servers
          </Button>
        </div>
      )}
    </div>
  )
}

function baseOf(here: readonly PathStep[]): number | undefined {
  const times = here.flatMap(({ ts }) => ts ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}

function Head({ path, names }: { path: EventPath; names: Names }) {
  const { event_id: eventId, room_id: roomId, sender, type, origin_server_ts: ts } = path
  const excerpt = useExcerpt(roomId, eventId)
  return (
    <header className={css.head}>
      <p className={css.message}>{excerpt ?? type ?? eventId}</p>
      <p className={css.about}>
        {sender !== undefined && names.user(sender)}
        {roomId !== undefined && ` in ${names.room(roomId)}`}
        {ts !== undefined && `, ${new Date(ts).toLocaleString()}`}
      </p>
      <output className={css.summary}>{summaryOf(path, names)}</output>
      <nav className={css.links} aria-label="This message elsewhere">
        {roomId !== undefined && (
          <a href={roomHref(roomId, eventId)}>
            <MessageSquare aria-hidden="true" /> In the conversation
          </a>
        )}
        <a href={eventHref(eventId)}>
          <SearchCheck aria-hidden="true" /> The event and its checks
        </a>
      </nav>
    </header>
  )
}

function summaryOf({ direction, servers, status }: EventPath, names: Names): string {
  if (direction === 'in')
    return status === 'accepted'
      ? 'It came from another server, and is shown here.'
      : 'It came from another server, and is not shown here.'
  if (servers.length === 0) return 'Everyone in the room is on this Hearth: it goes to no other server.'
  const of = (state: string): string[] =>
    servers.filter((server) => server.state === state).map(({ server }) => names.server(server))
  const parts = [
    said(of('delivered'), 'It has arrived at', 'servers'),
    said(of('waiting'), 'It waits for', 'servers'),
    said([...of('refused'), ...of('failed')], 'It was not taken by', 'servers'),
    said(of('unknown'), 'It is not recorded any more whether it arrived at', 'servers'),
  ]
  return parts.filter((part) => part !== undefined).join(' ')
}

function said(names: readonly string[], verb: string, many: string): string | undefined {
  if (names.length === 0) return undefined
  return names.length <= 3 ? `${verb} ${names.join(', ')}.` : `${verb} ${names.length} ${many}.`
}
