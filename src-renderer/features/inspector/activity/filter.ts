import type { TraceFilter, TraceLevel } from '../../../client/trace.ts'
import { inspectorHref } from '../../../model/routes.ts'

export const filterNames = ['label', 'server', 'room', 'event', 'user', 'txn', 'level', 'text'] as const
type Name = (typeof filterNames)[number]
export type ActivityFilter = Readonly<Partial<Record<Name, string>>>

const levels = new Set<string>(['info', 'warn', 'error'])

export function filterOf(query: URLSearchParams): ActivityFilter {
  const found: Partial<Record<Name, string>> = {}
  for (const name of filterNames) {
    const value = query.get(name)
    if (value !== null && value !== '' && (name !== 'level' || levels.has(value))) found[name] = value
  }
  return found
}

export function asTraceFilter({ level, ...rest }: ActivityFilter): TraceFilter {
  return level === undefined ? rest : { ...rest, level: level as TraceLevel }
}

/** The view with `change` to its filter; undefined and empty take one away. */
export function activityHref(
  filter: ActivityFilter,
  change: Partial<Record<Name, string | undefined>> = {},
  record?: number,
): string {
  const next: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...filter, ...change }))
    if (value !== undefined && value !== '') next[name] = value
  return inspectorHref('activity', record === undefined ? [] : [String(record)], next)
}
