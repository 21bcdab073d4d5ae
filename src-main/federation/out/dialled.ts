import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'

const MAX_SERVERS = 2_000

/** How the last attempt to reach each server ended; in memory, as another network is another matter. */
export interface Dialled {
  note(server: ServerName, reached: boolean): void
  /** Undefined where it was not tried. */
  last(server: ServerName): { readonly reached: boolean; readonly at: number } | undefined
  forget(): void
}

export function createDialled(
  clock: Clock,
  onNote: (server: ServerName, reached: boolean) => void = () => undefined,
): Dialled {
  const last = new Map<ServerName, { reached: boolean; at: number }>()
  return {
    note(server, reached) {
      if (last.size >= MAX_SERVERS && !last.has(server)) last.clear()
      last.set(server, { reached, at: clock.monotonic() })
      onNote(server, reached)
    },
    last: (server) => last.get(server),
    forget: () => last.clear(),
  }
}
