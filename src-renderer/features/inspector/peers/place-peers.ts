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
/** More would lie on each other on a ring. */
export const ON_RING = 8

const at = (angle: number, radius: { x: number; y: number }): Place => ({
  x: CENTRE.x + Math.cos(angle) * radius.x,
  y: CENTRE.y + Math.sin(angle) * radius.y,
})

/**
 * This node in the middle; around it the networks, and on the outside their peers: few on a ring, many in rows
 * on both sides. The order is kept, so that the map stands still while things change.
 */
export function placePeers<T>(networks: ReadonlyMap<string, readonly T[]>): Network<T>[] {
  const total = [...networks.values()].reduce((sum, peers) => sum + peers.length, 0)
  return total > ON_RING ? inRows(networks, total) : onRing(networks, total)
}

/** Each network has a share of the circle as large as its peers are many. */
function onRing<T>(networks: ReadonlyMap<string, readonly T[]>, total: number): Network<T>[] {
  // One alone stands beside; else the first ones begin at the left.
  let angle = total === 1 ? -Math.PI / 2 : -Math.PI
  return [...networks].map(([name, peers]) => {
    const share = (peers.length / Math.max(total, 1)) * 2 * Math.PI
    const step = share / Math.max(peers.length, 1)
    const place = at(angle + share / 2, HUB)
    const placed = peers.map((peer, which) => ({ peer, place: at(angle + step * (which + 0.5), RING) }))
    angle += share
    return total === 1
      ? {
          name,
          place: { x: 67, y: 50 },
          peers: placed.map(({ peer }) => ({ peer, place: { x: 86, y: 50 } })),
        }
      : { name, place, peers: placed }
  })
}

const SIDES = [
  { hub: 38.5, columns: [9.5, 26] },
  { hub: 61.5, columns: [74, 90.5] },
] as const

/** The first half on the left and the rest on the right; a network that is on both sides is there twice. */
function inRows<T>(networks: ReadonlyMap<string, readonly T[]>, total: number): Network<T>[] {
  const all = [...networks].flatMap(([name, peers]) => peers.map((peer) => ({ name, peer })))
  const half = Math.ceil(total / 2)
  const rows = Math.ceil(half / 2)
  return SIDES.flatMap(({ hub, columns }, side) => {
    const placed = all.slice(side * half, side * half + half).map(({ name, peer }, which) => ({
      name,
      peer,
      place: { x: columns[which % 2 === 0 ? 0 : 1], y: ((Math.floor(which / 2) + 0.5) / rows) * 100 },
    }))
    return [...new Set(placed.map(({ name }) => name))].map((name): Network<T> => {
      const peers = placed.filter((each) => each.name === name)
      const y = peers.reduce((sum, { place }) => sum + place.y, 0) / peers.length
      return { name, place: { x: hub, y }, peers }
    })
  })
}
