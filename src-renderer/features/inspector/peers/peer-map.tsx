import { Flame } from 'lucide-react'
import css from './peer-map.module.css'
import { ON_RING, placePeers } from './place-peers.ts'
import type { ShownPeer } from './peers-table.tsx'
import type { Peers } from './schema.ts'
import { reachWords, roundTripWords } from './words.ts'

interface PeerMapProps {
  self: Peers['self']
  peers: readonly ShownPeer[]
  selected: string | undefined
  /** Something stands beside it. */
  narrow: boolean
  onSelect: (server: string) => void
}

const MOST = 18
/** In a window this small, only as many as a ring holds. */
const SMALL_PX = 1_100

/** This Hearth in the middle, the networks that it is on, and who is reached by which. */
export function PeerMap({ self, peers, selected, narrow, onSelect }: PeerMapProps) {
  const shown = mostImportant(peers, narrow || window.innerWidth < SMALL_PX ? ON_RING : MOST)
  const networks = placePeers(byNetwork(shown, self))
  const left = peers.length - shown.length
  return (
    <section className={css.map} aria-label="Map of the servers">
      <svg className={css.lines} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        {networks.map((network) => (
          <g key={keyOf(network)}>
            <line x1={50} y1={50} x2={network.place.x} y2={network.place.y} />
            {network.peers.map(({ peer, place }) => (
              <line
                key={peer.server_name}
                className={css.branch}
                data-state={lineOf(peer)}
                x1={network.place.x}
                y1={network.place.y}
                x2={place.x}
                y2={place.y}
              />
            ))}
          </g>
        ))}
      </svg>
      <div className={css.self} title={self.addresses.join(', ')}>
        <Flame aria-hidden="true" />
        <span>This Hearth</span>
      </div>
      {networks.map((network) => (
        <div
          key={keyOf(network)}
          className={css.network}
          style={{ left: `${network.place.x}%`, top: `${network.place.y}%` }}
        >
          {network.name}
        </div>
      ))}
      <ul
        className={css.peers}
        data-crowded={shown.length > ON_RING || undefined}
        aria-label="Servers on the map"
      >
        {networks.flatMap((network) =>
          network.peers.map(({ peer, place }) => (
            <li key={peer.server_name} style={{ left: `${place.x}%`, top: `${place.y}%` }}>
              <button
                type="button"
                className={css.peer}
                data-state={lineOf(peer)}
                aria-pressed={peer.server_name === selected}
                title={peer.server_name}
                onClick={() => onSelect(peer.server_name)}
              >
                <span className={css.name}>{peer.shown}</span>
                <span className={css.detail}>{detailOf(peer)}</span>
              </button>
            </li>
          )),
        )}
      </ul>
      {left > 0 && <p className={css.more}>{left} more in the table</p>}
    </section>
  )
}

/** What the lines of the map mean. */
export function MapLegend() {
  return (
    <p className={css.legend} aria-hidden="true">
      <span data-state="ok">reached</span>
      <span data-state="one-sided">calls us only</span>
      <span data-state="away">not reached</span>
    </p>
  )
}

/** One that is on both sides is there twice. */
const keyOf = ({ name, place }: { name: string; place: { x: number } }): string => `${name} ${place.x}`

type LineState = 'ok' | 'one-sided' | 'away' | 'denied'

function lineOf(peer: ShownPeer): LineState {
  if (!peer.allowed) return 'denied'
  if (peer.reachable === true) return 'ok'
  return peer.one_sided ? 'one-sided' : 'away'
}

function detailOf(peer: ShownPeer): string {
  if (peer.reachable === true && peer.allowed && peer.round_trip !== null) return roundTripWords(peer)
  return reachWords(peer).words
}

/** Those that something can be said of come first; among equals the order of names, so that nothing jumps. */
function mostImportant(peers: readonly ShownPeer[], most: number): ShownPeer[] {
  const weight = (peer: ShownPeer): number =>
    (peer.reachable === true ? 4 : 0) + (peer.rooms > 0 ? 2 : 0) + (peer.queued.pdus > 0 ? 1 : 0)
  return [...peers]
    .sort((a, b) => weight(b) - weight(a) || (a.server_name < b.server_name ? -1 : 1))
    .slice(0, most)
    .sort((a, b) => (a.server_name < b.server_name ? -1 : 1))
}

function byNetwork(peers: readonly ShownPeer[], self: Peers['self']): Map<string, ShownPeer[]> {
  const addresses = new Map(self.interfaces.map((each) => [each.name, each.address]))
  const nameOf = (peer: ShownPeer): string => {
    if (peer.found.length > 0 && peer.found.every((source) => source === 'dns') && peer.interface !== 'lo')
      return 'Internet'
    if (peer.interface === null) return 'Not reached yet'
    if (/^lo\d*$/.test(peer.interface)) return 'This computer'
    const address = addresses.get(peer.interface)
    return address === undefined ? peer.interface : `${peer.interface} · ${address}`
  }
  const networks = new Map<string, ShownPeer[]>()
  for (const peer of peers) {
    const name = nameOf(peer)
    networks.set(name, [...(networks.get(name) ?? []), peer])
  }
  return new Map([...networks].sort(([a], [b]) => (a < b ? -1 : 1)))
}
