import { z } from 'zod'
import { asServerName } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { PeerAddress } from './peer-addresses.ts'

const savedAddress = z.object({
  host: z.string().min(1).max(255),
  port: z.int().min(1).max(65535),
  source: z.enum(['mdns', 'static', 'link', 'inbound', 'remembered']).catch('remembered'),
  last_success_ts: z.number().optional(),
})
const savedPeer = z.object({
  server_name: z.string(),
  display_name: z.string().max(200).optional(),
  last_seen_ts: z.number().optional(),
  addresses: z.array(savedAddress).max(32),
})

/** The content of `peers.json`. */
export interface PeerSnapshot {
  readonly version: 1
  readonly peers: readonly z.infer<typeof savedPeer>[]
}

export interface SavedPeer {
  readonly serverName: ServerName
  readonly displayName: string | undefined
  readonly lastSeen: number | undefined
  readonly addresses: readonly PeerAddress[]
}

export function toSnapshot(peers: Iterable<SavedPeer>): PeerSnapshot {
  const saved: PeerSnapshot['peers'][number][] = []
  for (const peer of peers) {
    // Static addresses come from the options each time; hearsay is not worth remembering.
    const addresses = peer.addresses.filter(
      (at) => at.source === 'link' || (at.lastSuccess !== undefined && at.source !== 'static'),
    )
    if (addresses.length === 0) continue
    saved.push({
      server_name: peer.serverName,
      ...(peer.displayName === undefined ? {} : { display_name: peer.displayName }),
      ...(peer.lastSeen === undefined ? {} : { last_seen_ts: peer.lastSeen }),
      addresses: addresses.map(({ host, port, source, lastSuccess }) => ({
        host,
        port,
        source,
        ...(lastSuccess === undefined ? {} : { last_success_ts: lastSuccess }),
      })),
    })
  }
  return { version: 1, peers: saved }
}

/** Reads what it can: an entry of another shape is skipped, not an error. */
export function parseSnapshot(snapshot: unknown): SavedPeer[] {
  const outer = z.object({ peers: z.array(z.unknown()) }).safeParse(snapshot)
  if (!outer.success) return []
  return outer.data.peers.flatMap((entry) => {
    const peer = savedPeer.safeParse(entry)
    const serverName = peer.success ? asServerName(peer.data.server_name) : undefined
    if (!peer.success || serverName === undefined) return []
    return [
      {
        serverName,
        displayName: peer.data.display_name,
        lastSeen: peer.data.last_seen_ts,
        addresses: peer.data.addresses.map(({ host, port, source, last_success_ts }) => ({
          host,
          port,
          // Where it was last time is no announcement any more.
          source: source === 'link' ? ('link' as const) : ('remembered' as const),
          learned: 0,
          ...(last_success_ts === undefined ? {} : { lastSuccess: last_success_ts }),
        })),
      },
    ]
  })
}
