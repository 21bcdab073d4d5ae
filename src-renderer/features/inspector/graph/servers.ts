import { SERVER_COLOURS } from './colours.ts'

export interface ServerRow {
  readonly server: string
  readonly events: number
  /** Undefined: there are more servers than colours. */
  readonly colour: number | undefined
}

/** The servers of a graph, the own one first, then by how much they said; one that has a colour keeps it. */
export class ServerCounts {
  private readonly own: string
  private readonly counts = new Map<string, number>()
  private readonly colours = new Map<string, number | undefined>()

  constructor(own: string) {
    this.own = own
  }

  clear(): void {
    this.counts.clear()
  }

  add(server: string): void {
    this.counts.set(server, (this.counts.get(server) ?? 0) + 1)
  }

  rows(): ServerRow[] {
    const rows = [...this.counts].toSorted(
      ([a, first], [b, second]) => Number(b === this.own) - Number(a === this.own) || second - first,
    )
    for (const [server] of rows) {
      const { size } = this.colours
      if (!this.colours.has(server)) this.colours.set(server, size < SERVER_COLOURS.length ? size : undefined)
    }
    return rows.map(([server, events]) => ({ server, events, colour: this.colours.get(server) }))
  }
}
