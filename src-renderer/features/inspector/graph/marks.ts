import type { GraphEvent } from './graph-event.ts'
import type { GraphModel } from './model.ts'

/** What is said of an event's place in the graph; each is one bit. */
export const MARK = {
  /** It had not arrived at the moment that is looked at. */
  absent: 1,
  extremity: 2,
  /** Several events follow on it. */
  fork: 4,
  /** It follows on several. */
  merge: 8,
  /** An event before it is not here. */
  gap: 16,
  /** An event before it was not loaded into this view. */
  older: 32,
} as const

/**
 * The marks of each event; with `until` as they were when the event of that arrival rank had just come. For
 * now the node itself says which events are extremities. For the past it is found as the node does it: an
 * accepted event with none after it, other than through refused ones; history is never an end.
 */
export function marksOf(model: GraphModel, order: Int32Array, until?: number): Uint8Array {
  const { events, arrival, parent, edgeStart } = model
  const marks = new Uint8Array(events.length)
  const followers = new Int32Array(events.length)
  const covered = new Uint8Array(events.length)
  const here = (index: number): boolean => until === undefined || (arrival[index] ?? 0) <= until

  // Children before parents, so that it is known what lies behind a refused event.
  for (const index of order) {
    const event = events[index]
    if (event === undefined) continue
    if (!here(index)) {
      marks[index] = MARK.absent
      continue
    }
    let mark = event.prev.length > 1 ? MARK.merge : 0
    const covers = event.status === 'accepted' || (isRefused(event) && covered[index] === 1)
    for (let edge = edgeStart[index] ?? 0; edge < (edgeStart[index + 1] ?? 0); edge++) {
      const from = parent[edge] ?? 0
      followers[from] = (followers[from] ?? 0) + 1
      if (covers) covered[from] = 1
      if (event.status !== 'outlier' && !here(from)) mark |= MARK.gap
    }
    for (const id of event.prev) {
      if (event.status === 'outlier') break
      if (model.missing.has(id) && !model.indexOf.has(id)) mark |= MARK.gap
      else if (!model.indexOf.has(id)) mark |= MARK.older
    }
    marks[index] = mark
  }
  events.forEach((event, index) => {
    let mark = marks[index] ?? 0
    if ((mark & MARK.absent) !== 0) return
    if ((followers[index] ?? 0) > 1) mark |= MARK.fork
    const isEnd =
      until === undefined
        ? model.extremities.has(event.id)
        : event.status === 'accepted' && !event.isHistory && covered[index] === 0
    if (isEnd) mark |= MARK.extremity
    marks[index] = mark
  })
  return marks
}

export const isRefused = (event: GraphEvent): boolean =>
  event.status === 'rejected' || event.status === 'soft-failed'

export type Filter = 'all' | 'state' | 'problems'

/** Kinds of places that one may want to go to. */
export const PLACES = ['extremity', 'fork', 'merge', 'gap', 'rejected', 'soft-failed', 'outlier'] as const
export type Place = (typeof PLACES)[number]

export function isPlace(place: Place, event: GraphEvent, marks: number): boolean {
  if ((marks & MARK.absent) !== 0) return false
  if (place === 'rejected' || place === 'soft-failed' || place === 'outlier') return event.status === place
  return (marks & MARK[place]) !== 0
}

/** Whether an event passes the filter and contains the words that are looked for. */
export function passes(
  event: GraphEvent,
  marks: number,
  filter: Filter,
  words: string,
  nameOf: (sender: string) => string,
): boolean {
  if ((marks & MARK.absent) !== 0) return false
  if (filter === 'state' && event.stateKey === undefined) return false
  if (filter === 'problems' && !isRefused(event) && (marks & MARK.gap) === 0) return false
  if (words === '') return true
  const text = [event.id, event.sender, nameOf(event.sender), event.type, event.stateKey ?? ''].join('\n')
  return text.toLowerCase().includes(words.toLowerCase())
}
