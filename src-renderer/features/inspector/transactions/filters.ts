import { inspectorHref } from '../../../model/routes.ts'
import { KINDS, type Exchange, type ExchangeKind } from './exchange.ts'

export interface Filters {
  readonly server: string | undefined
  readonly direction: 'out' | 'in' | 'both'
  readonly kind: ExchangeKind | 'all'
  readonly failed: boolean
  readonly axis: 'own' | 'clock'
}

export function filtersOf(query: URLSearchParams): Filters {
  const direction = query.get('direction')
  const kind = KINDS.find(({ value }) => value === query.get('kind'))?.value
  return {
    server: query.get('server') ?? undefined,
    direction: direction === 'out' || direction === 'in' ? direction : 'both',
    kind: kind ?? 'all',
    failed: query.get('failed') === 'yes',
    axis: query.get('axis') === 'clock' ? 'clock' : 'own',
  }
}

/** The filters are part of the address, so that it can be kept and given to others. */
export function hrefOf(filters: Filters, selected?: string): string {
  const { server, direction, kind, failed, axis } = filters
  return inspectorHref('transactions', selected === undefined ? [] : [selected], {
    ...(server === undefined ? {} : { server }),
    ...(direction === 'both' ? {} : { direction }),
    ...(kind === 'all' ? {} : { kind }),
    ...(failed ? { failed: 'yes' } : {}),
    ...(axis === 'own' ? {} : { axis }),
  })
}

export function passes(exchange: Exchange, filters: Omit<Filters, 'server'>): boolean {
  return (
    (filters.direction === 'both' || exchange.direction === filters.direction) &&
    (filters.kind === 'all' || exchange.kind === filters.kind) &&
    (!filters.failed || isTrouble(exchange))
  )
}

/** Failed as a whole, or for one of its events. */
export function isTrouble({ state, results }: Exchange): boolean {
  return state === 'failed' || results.some((result) => result.state === 'refused')
}
