import type { Stage } from './stage.ts'

export const directions = ['Hearth to Hearth', 'Hearth to Synapse', 'Synapse to Hearth'] as const
export type Direction = (typeof directions)[number]

/** One thing people do: `run` throws unless it arrives, whole and meaning the same, on the other side. */
export interface Feature {
  readonly name: string
  readonly run: (stage: Stage) => Promise<void>
  /** Stops a server or measures time, so nothing runs beside it. */
  readonly alone?: boolean
  /** Where the other server has no such thing, and why: a footnote of the table. */
  readonly absent?: Partial<Record<Direction, string>>
}
