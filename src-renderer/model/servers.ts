import type { NearbySnapshot } from '../client/types.ts'

export interface ServerChoice {
  readonly serverName: string
  readonly label: string
}

/** Other servers whose room directory may be worth a look: people nearby first, then those of one's rooms. */
export function serverChoices(
  nearby: NearbySnapshot,
  known: readonly { readonly serverName: string; readonly person: string }[],
): ServerChoice[] {
  const found = new Map<string, string>()
  for (const peer of nearby.peers)
    found.set(peer.serverName, possessiveHearth(peer.displayName, peer.serverName, peer.fingerprint))
  for (const { serverName, person } of known) {
    if (!found.has(serverName)) found.set(serverName, possessiveHearth(person, serverName, serverName))
  }
  return [...found].map(([serverName, label]) => ({ serverName, label }))
}

/** Names made of keys tell nothing; domains do. */
function possessiveHearth(person: string | undefined, serverName: string, fallback: string): string {
  if (!serverName.endsWith('.local')) return serverName
  return person === undefined ? `Hearth ${fallback}` : `${person}’s Hearth`
}
