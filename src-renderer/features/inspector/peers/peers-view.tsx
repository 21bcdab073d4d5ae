import { Map as MapIcon, Radar } from 'lucide-react'
import { useState } from 'react'
import { inspectorHref } from '../../../model/routes.ts'
import { useNow } from '../../../model/use-now.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { Note } from '../../../ui/note.tsx'
import { SplitView } from '../split-view.tsx'
import { Unanswered } from '../unanswered.tsx'
import { useLive } from '../use-live.ts'
import { useNames } from '../use-names.ts'
import type { ViewProps } from '../views.ts'
import css from '../network.module.css'
import { MapLegend, PeerMap } from './peer-map.tsx'
import { PeerPanel } from './peer-panel.tsx'
import { PeersTable } from './peers-table.tsx'
import { peersSchema, type Peers } from './schema.ts'

/** The other servers: how each was found and is reached, as a map and as a table; one of them more closely. */
export function PeersView({ args: [server] }: ViewProps) {
  const { value, problem, again } = useLive('peers', peersSchema)
  const names = useNames()
  const now = useNow(1_000)
  const [mapShown, setMapShown] = useState(true)
  const select = (name: string | undefined): void => {
    window.location.hash = inspectorHref('peers', name === undefined ? [] : [name])
  }

  if (value === undefined) {
    return (
      <Unanswered
        waiting="Looking around…"
        problem={problem}
        icon={<Radar />}
        title="The peers could not be loaded"
        again={again}
      />
    )
  }
  const peers = value.peers.map((peer) => ({ ...peer, shown: names.server(peer.server_name) }))
  return (
    <SplitView
      beside={
        server !== undefined && <PeerPanel key={server} server={server} onClose={() => select(undefined)} />
      }
    >
      <div className={css.bar}>
        <p className={css.summary}>{summaryOf(value)}</p>
        {mapShown && peers.length > 0 && <MapLegend />}
        {peers.length > 0 && (
          <IconButton
            label={mapShown ? 'Hide the map' : 'Show the map'}
            icon={<MapIcon />}
            size="sm"
            pressed={mapShown}
            onClick={() => setMapShown(!mapShown)}
          />
        )}
      </div>
      {problem !== undefined && <Note tone="warn">{problem} This is how it was a moment ago.</Note>}
      {mapShown && peers.length > 0 && (
        <PeerMap
          self={value.self}
          peers={peers}
          selected={server}
          narrow={server !== undefined}
          onSelect={select}
        />
      )}
      <PeersTable
        peers={peers}
        now={now}
        selected={server}
        narrow={server !== undefined}
        onSelect={(peer) => select(peer.server_name === server ? undefined : peer.server_name)}
        empty={
          <EmptyState icon={<Radar />} title="No other server yet">
            Hearths on the same network appear here by themselves, and every server that one shares a room
            with. <a href={inspectorHref('tester')}>Test the way to a server</a> to see how this Hearth would
            reach it.
          </EmptyState>
        }
      />
    </SplitView>
  )
}

function summaryOf({ peers, self }: Peers): string {
  const there = peers.filter((peer) => peer.reachable === true).length
  const waits = peers.filter((peer) => peer.queued.pdus + peer.queued.edus > 0).length
  const on = [...new Set(self.interfaces.map((each) => each.name))]
  return [
    peers.length === 1 ? '1 server' : `${peers.length} servers`,
    ...(peers.length > 0 ? [`${there} ${there === 1 ? 'answers' : 'answer'}`] : []),
    ...(waits > 0 ? [`something waits for ${waits}`] : []),
    on.length === 0 ? 'discovery is off' : `discovery on ${on.join(', ')}`,
  ].join(' · ')
}
