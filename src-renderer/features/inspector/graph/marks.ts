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

/** A moment of the past: when the event of that rank had just come. */
export interface Moment {
  readonly rank: Int32Array
  readonly until: number
}

/**
 * The marks of each event, now or at a moment. For now the node itself says which events are extremities. For
 * the past it is found as the node does it: an accepted event with none after it, other than through refused
 * ones; history is never an end.
 */
export function marksOf(model: GraphModel, order: Int32Array, moment?: Moment): Uint8Array {
  const { events, parents, indexOf, missing } = model
  const marks = new Uint8Array(events.length)
  const followers = new Int32Array(events.length)
  const covered = new Uint8Array(events.length)
  const here = (index: number): boolean =>
    moment === undefined || (moment.rank[index] ?? Number.MAX_SAFE_INTEGER) <= moment.until

  // Children before parents, so that it is known what lies behind a refused event.
  for (const index of order) {
    const event = events[index]
    if (event === undefined) continue
    if (!here(index)) {
      marks[index] = MARK.absent
      continue
    }
    const loaded = parents[index] ?? []
    const placed = event.status !== 'outlier'
    const covers = event.status === 'accepted' || (isRefused(event) && covered[index] === 1)
    let mark = event.prev.length > 1 ? MARK.merge : 0
    for (const parent of loaded) {
      followers[parent] = (followers[parent] ?? 0) + 1
      if (covers) covered[parent] = 1
      if (placed && !here(parent)) mark |= MARK.gap
    }
    if (placed && loaded.length < event.prev.length) {
      for (const id of event.prev) if (!indexOf.has(id)) mark |= missing.has(id) ? MARK.gap : MARK.older
    }
    marks[index] = mark
  }
  for (const index of order) {
    const event = events[index]
    const mark = marks[index] ?? 0
    if (event === undefined || mark === MARK.absent) continue
    const isEnd =
      moment === undefined
        ? model.extremities.has(event.id)
        : event.status === 'accepted' && !event.isHistory && covered[index] === 0
    marks[index] = mark | ((followers[index] ?? 0) > 1 ? MARK.fork : 0) | (isEnd ? MARK.extremity : 0)
  }
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
