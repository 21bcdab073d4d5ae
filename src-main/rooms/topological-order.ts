import type { EventId, Pdu } from '../core/types.ts'

/** Orders events so that each follows those it refers to, as far as they are in the set; stable otherwise. */
export function topologicalOrder(pdus: Iterable<Pdu>, references: (pdu: Pdu) => readonly EventId[]): Pdu[] {
  const byId = new Map<EventId, Pdu>()
  for (const pdu of pdus) byId.set(pdu.eventId, pdu)
  const ordered: Pdu[] = []
  const seen = new Set<EventId>()
  for (const root of byId.values()) {
    // Depth first without recursion: chains are as long as a room is old.
    const stack: { pdu: Pdu; next: number }[] = []
    const enter = (pdu: Pdu): void => {
      if (seen.has(pdu.eventId)) return
      seen.add(pdu.eventId)
      stack.push({ pdu, next: 0 })
    }
    enter(root)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const id = references(top.pdu)[top.next++]
      if (id === undefined) {
        ordered.push(top.pdu)
        stack.pop()
        continue
      }
      const referred = byId.get(id)
      if (referred !== undefined) enter(referred)
    }
  }
  return ordered
}

/** Several of these and a room's depth as tie-break make a timeline. */
export function byDepth(a: Pdu, b: Pdu): number {
  return a.depth - b.depth || a.originServerTs - b.originServerTs || (a.eventId < b.eventId ? -1 : 1)
}
