import { membershipOf } from '../membership.ts'
import type { EventId, Pdu } from '../types.ts'
import type { AuthGraph } from './auth-graph.ts'
import { Heap } from './heap.ts'

/** A *power event* may remove someone's ability to do something in the room. */
export function isPowerEvent(pdu: Pdu): boolean {
  if (pdu.stateKey === undefined) return false
  if (pdu.type === 'm.room.power_levels' || pdu.type === 'm.room.join_rules') return true
  if (pdu.type !== 'm.room.member' || pdu.sender === pdu.stateKey) return false
  const membership = membershipOf(pdu)
  return membership === 'leave' || membership === 'ban'
}

/**
 * *Reverse topological power ordering*: Kahn's algorithm along auth events, taking the smallest
 * candidate each time by sender's power (greater first), `origin_server_ts`, event id.
 */
export function powerOrdering(
  graph: AuthGraph,
  events: ReadonlyMap<EventId, Pdu>,
  senderPower: (pdu: Pdu) => number,
): Pdu[] {
  const power = new Map<EventId, number>()
  for (const [id, pdu] of events) power.set(id, senderPower(pdu))
  const compare = (a: Pdu, b: Pdu): number => {
    const pa = power.get(a.eventId) ?? 0
    const pb = power.get(b.eventId) ?? 0
    return pa === pb ? byTimeAndId(a, b) : pa > pb ? -1 : 1
  }

  const parents = nearestWithin(graph, events)
  const waitingFor = new Map<EventId, number>()
  const children = new Map<EventId, Pdu[]>()
  const ready = new Heap<Pdu>(compare)
  for (const [id, pdu] of events) {
    const before = parents.get(id) ?? new Set<EventId>()
    waitingFor.set(id, before.size)
    if (before.size === 0) ready.push(pdu)
    for (const parent of before) {
      const known = children.get(parent)
      if (known === undefined) children.set(parent, [pdu])
      else known.push(pdu)
    }
  }

  const order: Pdu[] = []
  // A circle of auth events (possible where event ids are free text) never becomes ready: its
  // smallest event is forced, so that the result is complete and the same everywhere.
  let forced: Pdu[] | undefined
  while (waitingFor.size > 0) {
    let next = ready.pop()
    if (next === undefined) {
      forced ??= [...events.values()].toSorted((a, b) => compare(b, a))
      next = forced.pop()
      if (next === undefined) break
    }
    if (!waitingFor.delete(next.eventId)) continue
    order.push(next)
    for (const child of children.get(next.eventId) ?? []) {
      const left = waitingFor.get(child.eventId)
      if (left === undefined) continue
      waitingFor.set(child.eventId, left - 1)
      if (left === 1) ready.push(child)
    }
  }
  return order
}

/** For each event the nearest others of `events` in its auth chain, also across events outside. */
function nearestWithin(graph: AuthGraph, events: ReadonlyMap<EventId, Pdu>): Map<EventId, Set<EventId>> {
  const closure = graph.closure(events.keys())
  const bridges = graph.reaching(closure, events.keys())
  const nearest = new Map<EventId, Set<EventId>>()
  for (const id of events.keys()) {
    const found = new Set<EventId>()
    const seen = new Set<EventId>()
    const open = [...graph.authEvents(id)]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at) || at === id) continue
      seen.add(at)
      if (events.has(at)) found.add(at)
      else if (bridges.has(at)) open.push(...graph.authEvents(at))
    }
    nearest.set(id, found)
  }
  return nearest
}

/** The *mainline* of a power levels event, itself first. */
export function mainlineOf(graph: AuthGraph, powerLevels: EventId | undefined): EventId[] {
  const mainline = new Set<EventId>()
  let at = powerLevels
  while (at !== undefined && !mainline.has(at)) {
    mainline.add(at)
    at = powerLevelsCitedBy(graph, at)
  }
  return [...mainline]
}

/** *Mainline ordering*: position (greater first), `origin_server_ts`, event id. */
export function mainlineOrdering(
  graph: AuthGraph,
  mainline: readonly EventId[],
  events: Iterable<Pdu>,
): Pdu[] {
  const positions = new Map<EventId, number>(mainline.map((id, index) => [id, index]))
  const list = [...events]
  const at = new Map(list.map((pdu) => [pdu.eventId, mainlinePosition(graph, positions, pdu.eventId)]))
  return list.sort((a, b) => {
    const pa = at.get(a.eventId) ?? Infinity
    const pb = at.get(b.eventId) ?? Infinity
    return pa === pb ? byTimeAndId(a, b) : pa > pb ? -1 : 1
  })
}

/** Walks to the first cited power levels event on the mainline; `positions` remembers the way. */
function mainlinePosition(graph: AuthGraph, positions: Map<EventId, number>, event: EventId): number {
  const way = new Set<EventId>()
  let at = powerLevelsCitedBy(graph, event)
  let position = Infinity
  while (at !== undefined && !way.has(at)) {
    const known = positions.get(at)
    if (known !== undefined) {
      position = known
      break
    }
    way.add(at)
    at = powerLevelsCitedBy(graph, at)
  }
  for (const id of way) positions.set(id, position)
  return position
}

function powerLevelsCitedBy(graph: AuthGraph, id: EventId): EventId | undefined {
  for (const auth of graph.event(id)?.authEvents ?? []) {
    const pdu = graph.event(auth)
    if (pdu?.type === 'm.room.power_levels' && pdu.stateKey === '') return auth
  }
  return undefined
}

function byTimeAndId(a: Pdu, b: Pdu): number {
  if (a.originServerTs !== b.originServerTs) return a.originServerTs < b.originServerTs ? -1 : 1
  return a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0
}
