/** What of the list is shown; as it stands in the address. */
export type Filter = Readonly<Partial<Record<'room' | 'server' | 'event', string>>>

export function filterOf(query: URLSearchParams): Filter {
  const filter: Partial<Record<'room' | 'server' | 'event', string>> = {}
  for (const name of ['room', 'server', 'event'] as const) {
    const value = query.get(name)
    if (value !== null && value !== '') filter[name] = value
  }
  return filter
}

/** Without what is empty, for an address. */
export function withFilter(filter: Filter, change: Filter): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...filter, ...change }).filter(([, value]) => value !== ''))
}

export function refusedPath(filter: Filter, before?: string): string {
  const words = new URLSearchParams({ ...filter, ...(before === undefined ? {} : { before }) }).toString()
  return words === '' ? 'refused' : `refused?${words}`
}
