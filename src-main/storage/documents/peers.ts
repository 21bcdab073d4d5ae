import { join } from 'node:path'
import { z } from 'zod'
import { openDocument } from './document.ts'

export interface PeersDocument<T> {
  /** What was remembered; entries that are not usable any more are left out. */
  readonly peers: readonly T[]
  /** Why the file that was there was set aside. */
  readonly problem: Error | undefined
  save(peers: readonly T[]): void
}

/**
 * `peers.json`: addresses where peers were met. They are hints and can be learned again, so an
 * unusable file is moved aside and the node starts without it.
 */
export function openPeers<T>(dataDir: string, peer: z.ZodType<T>): PeersDocument<T> {
  const document = openDocument<{ peers: unknown[] }>(join(dataDir, 'peers.json'), {
    parse: (value) => z.object({ peers: z.array(z.unknown()) }).parse(value),
    defaults: { peers: [] },
    ifCorrupt: 'start-over',
  })
  return {
    peers: document.data.peers.flatMap((entry) => {
      const parsed = peer.safeParse(entry)
      return parsed.success ? [parsed.data] : []
    }),
    problem: document.problem,
    save: (peers) => document.replace({ peers: [...peers] }),
  }
}
