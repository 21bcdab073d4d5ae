import type { ServerName } from '../../core/types.ts'

/** Anybody can make this server ask any other. */
const MAX_REMEMBERED = 1_000

/** Servers, Hearths and others, whose owners do not allow this one, by what they last answered. */
export interface RefusingServers {
  has(server: ServerName): boolean
  list(): ServerName[]
  /** It answered a signed request, or sent one itself, which it does not do while it denies this server. */
  note(server: ServerName, refuses: boolean): void
}

/**
 * In memory only: after a start each server of a room is greeted, and says it again. `changed` must not throw.
 */
export function createRefusingServers(changed: () => void): RefusingServers {
  const servers = new Set<ServerName>()
  return {
    has: (server) => servers.has(server),
    list: () => [...servers],
    note(server, refuses) {
      if (refuses === servers.has(server)) return
      if (refuses) {
        if (servers.size >= MAX_REMEMBERED) servers.clear()
        servers.add(server)
      } else servers.delete(server)
      changed()
    },
  }
}
