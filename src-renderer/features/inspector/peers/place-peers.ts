/** Where things stand on the map, in per cent of its width and height. */
export interface Place {
  readonly x: number
  readonly y: number
}

export interface Network<T> {
  readonly name: string
  readonly place: Place
  readonly peers: readonly { readonly peer: T; readonly place: Place }[]
}

const CENTRE: Place = { x: 50, y: 50 }
const HUB = { x: 17, y: 24 }
const RING = { x: 36, y: 38 }
const INNER_RING = { x: 29, y: 24 }
/** More would lie on each other: they take turns on two rings. */
const ON_ONE_RING = 8

const at = (angle: number, radius: { x: number; y: number }): Place => ({
  x: CENTRE.x + Math.cos(angle) * radius.x,
  y: CENTRE.y + Math.sin(angle) * radius.y,
})

/**
 * This node in the middle; around it the networks, each with a share of the circle as large as its peers are
 * many; and on the outside the peers. The order is kept, so that the map stands still while things change.
 */
export function placePeers<T>(networks: ReadonlyMap<string, readonly T[]>): Network<T>[] {
  const total = [...networks.values()].reduce((sum, peers) => sum + peers.length, 0)
  const crowded = total > ON_ONE_RING
  // Left and right there is more room than above and below: the first ones begin there.
  let angle = networks.size === 1 && total === 1 ? 0 : -Math.PI
  let index = 0
  return [...networks].map(([name, peers]) => {
    const share = (peers.length / Math.max(total, 1)) * 2 * Math.PI
    const step = share / Math.max(peers.length, 1)
    const placed = peers.map((peer, which) => {
      const inner = crowded && index++ % 2 === 1
      return { peer, place: at(angle + step * (which + 0.5), inner ? INNER_RING : RING) }
    })
    const place = at(angle + share / 2, HUB)
    angle += share
    return { name, place, peers: placed }
  })
}
