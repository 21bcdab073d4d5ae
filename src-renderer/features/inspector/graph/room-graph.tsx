import { ArrowUp, GitFork } from 'lucide-react'
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import { inspectorHref } from '../../../model/routes.ts'
import { Button } from '../../../ui/button.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Note } from '../../../ui/note.tsx'
import { SplitView } from '../split-view.tsx'
import { Unanswered } from '../unanswered.tsx'
import { useNames } from '../use-names.ts'
import { EventPanel } from './event-panel.tsx'
import { GraphCanvas } from './graph-canvas.tsx'
import { MOST_EVENTS } from './graph-loader.ts'
import css from './graph.module.css'
import type { KeyVerb } from './keys.ts'
import { Places, ServerLegend } from './legend.tsx'
import type { Filter, Place } from './marks.ts'
import { arrivalsOf, step } from './model.ts'
import type { Scene } from './scene.ts'
import type { Surface } from './surface.ts'
import { TimeTravel } from './time-travel.tsx'
import { Toolbar } from './toolbar.tsx'
import { useRoomGraph } from './use-room-graph.ts'
import { useScene } from './use-scene.ts'

/** History is loaded before one comes to its end. */
const AHEAD_ROWS = 1_000

/** The event graph of one room, live; the event in the address is selected and opened beside it. */
export function RoomGraph({ roomId, eventId }: { roomId: string; eventId: string | undefined }) {
  const names = useNames()
  const { loader, state } = useRoomGraph(roomId)
  const { graph } = state
  const surface = useRef<Surface>(null)
  const [words, setWords] = useState('')
  const [filter, setFilter] = useState<Filter>('all')
  /** The event whose arrival is the moment that is looked at: ranks change when history is loaded. */
  const [moment, setMoment] = useState<string>()
  const [showAuth, setShowAuth] = useState(false)
  const [following, setFollowing] = useState(true)
  const [cursor, setCursor] = useState({ id: eventId, from: eventId })
  if (cursor.from !== eventId) setCursor({ id: eventId ?? cursor.id, from: eventId })
  const model = graph?.model
  const inPast = moment !== undefined
  const arrivals = useMemo(
    () => (inPast && model !== undefined ? arrivalsOf(model) : undefined),
    [inPast, model],
  )
  const until = moment === undefined ? undefined : arrivals?.rank[model?.indexOf.get(moment) ?? -1]
  const { scene, matches, places } = useScene(graph, {
    words,
    filter,
    until,
    arrivals,
    selected: cursor.id,
    showAuth: showAuth && eventId !== undefined,
  })

  const open = (id: string | undefined): void =>
    window.location.replace(inspectorHref('graph', id === undefined ? [roomId] : [roomId, id]))
  const idAt = (index: number | undefined): string | undefined =>
    index === undefined ? undefined : graph?.model.events[index]?.id

  function select(index: number | undefined): void {
    const id = idAt(index)
    if (id === undefined || index === undefined) return
    setCursor({ id, from: eventId })
    // Beside an open event, the next one takes its place.
    if (eventId !== undefined) open(id)
    surface.current?.reveal(index)
  }

  /** The next of a list of events above or below the selected one, around the end. */
  function go(list: readonly number[], by: 1 | -1): void {
    if (scene === undefined || list.length === 0) return
    const row = scene.selected === undefined ? -1 : (scene.layout.row[scene.selected] ?? -1)
    const rows = list.map((index) => scene.layout.row[index] ?? 0)
    const next = by === 1 ? rows.findIndex((each) => each > row) : rows.findLastIndex((each) => each < row)
    select(list[next === -1 ? (by === 1 ? 0 : list.length - 1) : next])
  }

  function onKey(verb: KeyVerb): void {
    if (scene === undefined) return
    const { selected, layout, model } = scene
    const firstRow = layout.order.findIndex((index) => (scene.marks[index] ?? 0) % 2 === 0)
    switch (verb.kind) {
      case 'step':
        return select(
          selected === undefined ? layout.order[firstRow] : step(model, layout, selected, verb.to),
        )
      case 'rows': {
        const by = verb.by * (verb.pages ? (surface.current?.page ?? 1) : 1)
        const row = selected === undefined ? firstRow : (layout.row[selected] ?? 0) + by
        return select(layout.order[Math.min(layout.order.length - 1, Math.max(0, row))])
      }
      case 'match':
        return go(matches ?? [...layout.order], verb.by)
      case 'zoom':
        return surface.current?.zoomBy(verb.factor)
      case 'newest':
        return toNewest()
      case 'oldest':
        return surface.current?.toOldest()
      case 'open':
        return selected === undefined ? undefined : open(idAt(selected))
      case 'close':
        return eventId === undefined ? setCursor({ id: undefined, from: undefined }) : open(undefined)
    }
  }

  function travel(to: number | undefined): void {
    const index =
      to === undefined || model === undefined ? undefined : (arrivals ?? arrivalsOf(model)).byRank[to]
    setMoment(idAt(index))
    if (index !== undefined) surface.current?.lead(index)
  }

  function toNewest(): void {
    const newest = until === undefined ? undefined : arrivals?.byRank[until]
    if (newest === undefined) surface.current?.toNewest()
    else surface.current?.lead(newest)
  }

  const revealOpened = useEffectEvent(() => {
    if (scene?.selected !== undefined) surface.current?.reveal(scene.selected)
  })
  const isThere = scene?.selected !== undefined
  useEffect(() => {
    if (eventId !== undefined && isThere) revealOpened()
  }, [eventId, isThere])
  const lookedFor = eventId !== undefined && graph !== undefined && !graph.model.indexOf.has(eventId)
  useEffect(() => {
    if (lookedFor && state.hasOlder && !state.loading) loader?.loadOlder()
  }, [lookedFor, state.hasOlder, state.loading, loader])

  const room = names.room(roomId)
  if (scene === undefined || graph === undefined) {
    return (
      <Unanswered
        waiting={`Loading the graph of ${room}…`}
        problem={state.problem}
        icon={<GitFork />}
        title="The graph could not be loaded"
        again={() => loader?.reload()}
      />
    )
  }
  const loaded = graph.model.events.length
  if (loaded === 0) {
    return (
      <EmptyState icon={<GitFork />} title="No events yet">
        What is sent in {room} appears here.
      </EmptyState>
    )
  }
  return (
    <SplitView
      beside={
        eventId !== undefined && (
          <EventPanel
            roomId={roomId}
            eventId={eventId}
            unloadedAuth={showAuth && scene.selected !== undefined ? unloadedAuth(scene, scene.selected) : 0}
            showAuth={showAuth}
            onShowAuth={setShowAuth}
            onClose={() => {
              open(undefined)
              surface.current?.focus()
            }}
          />
        )
      }
    >
      <Toolbar
        roomId={roomId}
        room={room}
        words={words}
        onWords={setWords}
        filter={filter}
        onFilter={setFilter}
        matches={matches?.length}
        onMatch={(by) => go(matches ?? [], by)}
        onZoom={(factor) => surface.current?.zoomBy(factor)}
      />
      {state.stale && <Note tone="warn">Hearth does not answer: the graph is as it was before.</Note>}
      {state.problem !== undefined && (
        <Note tone="warn">
          {state.problem}{' '}
          <Button size="sm" onClick={() => loader?.loadOlder()}>
            Try again
          </Button>
        </Note>
      )}
      {lookedFor && !state.hasOlder && !state.loading && (
        <Note>The event of this address is not among those that are loaded.</Note>
      )}
      <ServerLegend servers={graph.servers} nameOf={names.server} />
      <div className={css.field}>
        <GraphCanvas
          ref={surface}
          label={`Event graph of ${room}`}
          scene={scene}
          onSelect={(index) => {
            const id = idAt(index)
            if (id !== undefined) open(id)
          }}
          onKey={onKey}
          onLook={(look) => {
            setFollowing(look.following)
            if (look.rowsBelow < AHEAD_ROWS && state.hasOlder && !state.loading) loader?.loadOlder()
          }}
        />
        {!following && (
          <Button className={css.newest} size="sm" onClick={toNewest}>
            <ArrowUp aria-hidden="true" /> Newest
          </Button>
        )}
      </div>
      <Places places={places} onGo={(place: Place) => go(places.get(place) ?? [], 1)} />
      <div className={css.footer}>
        <TimeTravel model={graph.model} arrivals={arrivals} until={until} onUntil={travel} />
        <output className={css.loaded}>
          {state.loading ? 'Loading…' : `${loaded.toLocaleString()} events`}
          {!state.loading && (state.hasOlder ? ', older below' : loaded >= MOST_EVENTS ? ', the newest' : '')}
        </output>
      </div>
    </SplitView>
  )
}

/** How many auth events of an event lie below what is loaded. */
function unloadedAuth({ model }: Scene, index: number): number {
  return (model.events[index]?.auth ?? []).filter((id) => !model.indexOf.has(id)).length
}
