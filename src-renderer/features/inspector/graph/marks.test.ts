import { expect, test } from 'vitest'
import type { GraphEvent } from './graph-event.ts'
import { layoutGraph } from './layout.ts'
import { isPlace, MARK, marksOf, passes, PLACES } from './marks.ts'
import { arrivalsOf, GraphBuilder, layoutInput, step, type GraphModel } from './model.ts'

function event(id: string, prev: readonly string[], change: Partial<GraphEvent> = {}): GraphEvent {
  const number = Number(/\d+/.exec(id)?.[0] ?? 0)
  return {
    id,
    type: 'm.room.message',
    stateKey: undefined,
    sender: '@alice:one.test',
    server: 'one.test',
    originServerTs: number,
    receivedTs: number,
    depth: number,
    number,
    streamPosition: number,
    isHistory: false,
    prev: [...prev],
    auth: [],
    status: 'accepted',
    reason: undefined,
    redacted: false,
    ...change,
  }
}

function graph(
  events: GraphEvent[],
  { missing = [], ends = [] }: { missing?: string[]; ends?: string[] } = {},
) {
  const builder = new GraphBuilder()
  for (const each of events) builder.add(each)
  builder.setMissing(missing)
  builder.setExtremities(ends)
  const model = builder.model()
  return { model, layout: layoutGraph(layoutInput(model)) }
}

/** The names of the marks of each event. */
function named(model: GraphModel, order: Int32Array, until?: number): Record<string, string[]> {
  const marks = marksOf(
    model,
    order,
    until === undefined ? undefined : { rank: arrivalsOf(model).rank, until },
  )
  return Object.fromEntries(
    model.events.map(({ id }, index) => [
      id,
      Object.entries(MARK).flatMap(([name, bit]) => (((marks[index] ?? 0) & bit) === 0 ? [] : [name])),
    ]),
  )
}

const forked = [event('$1', []), event('$2', ['$1']), event('$3', ['$1']), event('$4', ['$2', '$3'])]

test('forks, merges and the ends that the node names', () => {
  const { model, layout } = graph(forked, { ends: ['$4'] })
  expect(named(model, layout.order)).toEqual({ $1: ['fork'], $2: [], $3: [], $4: ['extremity', 'merge'] })
})

test('the past has its own ends and forks, and nothing of what came later', () => {
  const { model, layout } = graph(forked, { ends: ['$4'] })
  expect(named(model, layout.order, 2)).toEqual({
    $1: ['fork'],
    $2: ['extremity'],
    $3: ['extremity'],
    $4: ['absent'],
  })
  expect(named(model, layout.order, 1)).toEqual({ $1: [], $2: ['extremity'], $3: ['absent'], $4: ['absent'] })
})

test('what is refused ends nothing by itself, and does so once an accepted event follows on it', () => {
  const events = [
    event('$1', []),
    event('$2', ['$1'], { status: 'rejected' }),
    event('$3', ['$2'], { status: 'soft-failed' }),
    event('$4', ['$3']),
  ]
  const { model, layout } = graph(events)
  expect(named(model, layout.order, 2)).toMatchObject({ $1: ['extremity'], $2: [], $3: [] })
  expect(named(model, layout.order, 3)).toMatchObject({ $1: [], $4: ['extremity'] })
})

test('a gap is an event that the node lacks; one that was only not loaded is none, nor what an outlier names', () => {
  const events = [
    event('$5', ['$4']),
    event('$6', ['$5', '$lost']),
    event('$3', ['$unknown'], { status: 'outlier' }),
    event('$7', ['$6'], { isHistory: true }),
  ]
  const { model, layout } = graph(events, { missing: ['$lost', '$unknown'] })
  expect(named(model, layout.order)).toEqual({ $5: ['older'], $6: ['merge', 'gap'], $3: [], $7: [] })
  // History was never an end.
  expect(named(model, layout.order, 3)['$7']).toEqual([])
})

test('an event that arrived before what it follows on was a gap at that moment', () => {
  const late = event('$1', [], { receivedTs: 9, number: 9 })
  const { model, layout } = graph([event('$2', ['$1']), late])
  expect(named(model, layout.order, 0)['$2']).toEqual(['extremity', 'gap'])
  expect(named(model, layout.order, 1)['$2']).toEqual(['extremity'])
})

test('arrow keys lead to parents, children and siblings', () => {
  const { model, layout } = graph(forked)
  const go = (from: string, to: Parameters<typeof step>[3]): string | undefined => {
    const index = step(model, layout, model.indexOf.get(from) ?? -1, to)
    return index === undefined ? undefined : model.events[index]?.id
  }
  expect(go('$2', 'parent')).toBe('$1')
  expect(go('$2', 'child')).toBe('$4')
  expect(go('$1', 'parent')).toBeUndefined()
  const beside = [go('$2', 'next-sibling'), go('$2', 'previous-sibling')].filter((id) => id !== undefined)
  expect(beside).toEqual(['$3'])
})

test('events are found by id, sender, type and state key, and narrowed to state or problems', () => {
  const name = event('$1', [], { type: 'm.room.member', stateKey: '@bob:two.test' })
  const find = (words: string, filter: Parameters<typeof passes>[2] = 'all', marks = 0) =>
    passes(name, marks, filter, words, () => 'Alice the First')
  expect(['$1', 'alice:ONE', 'first', 'member', 'bob:two'].every((words) => find(words))).toBe(true)
  expect(find('carol')).toBe(false)
  expect(find('', 'state')).toBe(true)
  expect(find('', 'problems')).toBe(false)
  expect(find('', 'problems', MARK.gap)).toBe(true)
  expect(find('', 'all', MARK.absent)).toBe(false)
  expect(PLACES.filter((place) => isPlace(place, name, MARK.fork | MARK.extremity))).toEqual([
    'extremity',
    'fork',
  ])
})

test('history that is loaded later is joined to what waits for it; what changes keeps its place', () => {
  const builder = new GraphBuilder()
  for (const each of [event('$3', ['$2']), event('$1', []), event('$2', ['$1'])]) builder.add(each)
  builder.add(event('$2', ['$1'], { status: 'rejected' }))
  const model = builder.model()
  expect(model.parents).toEqual([[2], [], [1]])
  expect(model.children).toEqual([[], [2], [0]])
  expect(model.events.map(({ id, status }) => `${id} ${status}`)).toEqual([
    '$3 accepted',
    '$1 accepted',
    '$2 rejected',
  ])
})
