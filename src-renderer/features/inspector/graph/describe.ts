import { formatMoment } from '../../../model/time.ts'
import { plural } from '../../../model/text.ts'
import { MARK, type Place } from './marks.ts'
import type { Scene } from './scene.ts'

export const PLACE_NAMES: Readonly<Record<Place, { one: string; many: string; explain: string }>> = {
  extremity: { one: 'Extremity', many: 'Extremities', explain: 'Nothing follows on it yet: new events do' },
  fork: {
    one: 'Fork',
    many: 'Forks',
    explain: 'Several events follow on it: servers spoke at the same time',
  },
  merge: { one: 'Merge', many: 'Merges', explain: 'It follows on several events, and joins them' },
  gap: { one: 'Gap', many: 'Gaps', explain: 'An event before it is not here' },
  rejected: {
    one: 'Rejected',
    many: 'Rejected',
    explain: 'It breaks a rule of the room, and counts for nothing',
  },
  'soft-failed': {
    one: 'Soft-failed',
    many: 'Soft-failed',
    explain: 'It was allowed where it stands, but no longer when it came: it is not shown',
  },
  outlier: {
    one: 'Outlier',
    many: 'Outliers',
    explain: 'Known from the state of the room, without what came before it',
  },
}

export const momentOf = (ts: number): string =>
  Math.abs(ts) < 8.64e15 ? formatMoment(ts) : 'at no moment that there is'

/** The selected event in a sentence or two, as a screen reader says it. */
export function describeSelection(scene: Scene, index: number): string {
  const { model, layout, marks } = scene
  const event = model.events[index]
  if (event === undefined) return ''
  const mark = marks[index] ?? 0
  const parents = model.parents[index] ?? []
  const children = model.children[index] ?? []
  const marked = (['extremity', 'fork', 'merge', 'gap'] as const).flatMap((place) =>
    (mark & MARK[place]) === 0 ? [] : [PLACE_NAMES[place].one.toLowerCase()],
  )
  const words = [
    `${event.type}${event.stateKey === undefined ? '' : `, state${event.stateKey === '' ? '' : ` of ${event.stateKey}`}`}`,
    `from ${scene.nameOf(event.sender)}`,
    momentOf(event.originServerTs),
    event.status,
    ...marked,
    `${plural(parents.length, 'parent')}, ${children.length === 1 ? '1 child' : `${children.length} children`}`,
    `row ${(layout.row[index] ?? 0) + 1} of ${layout.order.length}`,
  ]
  return `${words.join('. ')}.`
}
