import { z } from 'zod'
import './zod-config.ts'
import type { NetworkInterfaces, NetworkProblem, Peer, Session } from './types.ts'

/** What a stranger announces about itself is cut before it reaches the screen. */
const shortText = z.string().transform((text) => text.replace(/\p{C}/gu, '').trim().slice(0, 80))

const peerSchema = z
  .object({
    server_name: z.string().min(1).max(255),
    owner_user_id: z.string().max(255).optional().catch(undefined),
    display_name: shortText.nullish().catch(undefined),
    fingerprint: shortText.nullish().catch(undefined),
    reachable: z.boolean().catch(false),
    last_seen_ts: z.number().nullish().catch(undefined),
    queued_events: z.number().int().nonnegative().catch(0),
    allowed: z.boolean().optional().catch(undefined),
  })
  .transform((row): Peer => {
    const fingerprint = row.fingerprint || row.server_name.slice(0, 8)
    return {
      serverName: row.server_name,
      ownerUserId: row.owner_user_id ?? `@owner:${row.server_name}`,
      displayName: row.display_name || undefined,
      fingerprint,
      reachable: row.reachable,
      // A moment that moves with every poll would redraw everything for nothing.
      lastSeenTs: row.reachable ? undefined : (row.last_seen_ts ?? undefined),
      queuedEvents: row.queued_events,
      denied: row.allowed === false,
    }
  })

const peersSchema = z.object({ peers: z.array(z.unknown()) })

const longText = z.string().transform((text) => text.replace(/\p{C}/gu, '').trim().slice(0, 400))
const problemsSchema = z.object({
  problems: z.array(z.object({ words: longText, help: longText })).max(32),
})

export const settingsSchema = z.looseObject({
  visible_nearby: z.boolean().optional().catch(undefined),
  display_name: z.string().optional().catch(undefined),
  /** The node looks at pages behind links. */
  link_previews: z.boolean().optional().catch(undefined),
  /** Who learns whether one is there. */
  presence: z.enum(['on', 'lan', 'off']).optional().catch(undefined),
  /** Names of servers with `*` and `?`. */
  allow_domain: z.array(z.string()).optional().catch(undefined),
  deny_domain: z.array(z.string()).optional().catch(undefined),
  /** Names of the network interfaces to be found on; empty: as the node chooses. */
  interface: z.array(z.string()).optional().catch(undefined),
  /** What `/.well-known/matrix/server` and `…/client` say; null takes it away. */
  well_known_server: z.string().nullish().catch(undefined),
  well_known_client: z.string().nullish().catch(undefined),
  /** Keys that were changed and count at the next start. */
  restart_needed: z.array(z.string()).optional().catch(undefined),
  /** Why the file does not count as somebody wrote it. */
  problem: z.string().optional().catch(undefined),
  /** `host:port` under which other nodes reach this one. */
  addresses: z.array(z.string().max(255)).optional().catch(undefined),
})
export type NodeSettings = z.infer<typeof settingsSchema>

/** One unreadable row costs that row, not the list. Returns undefined when the shape is wrong altogether. */
export function parsePeers(json: unknown): Peer[] | undefined {
  const outer = peersSchema.safeParse(json)
  if (!outer.success) return undefined
  return outer.data.peers.flatMap((row) => {
    const parsed = peerSchema.safeParse(row)
    return parsed.success ? [parsed.data] : []
  })
}

const roomServersSchema = z.object({
  servers: z.array(
    z
      .object({ server_name: z.string().max(255), members: z.number(), allowed: z.boolean() })
      .transform(({ server_name: serverName, ...rest }) => ({ serverName, ...rest })),
  ),
})
export type RoomServer = z.infer<typeof roomServersSchema>['servers'][number]

const interfacesSchema = z.object({
  discovery: z.boolean(),
  interfaces: z.array(
    z.object({
      name: z.string().max(255),
      addresses: z.array(z.string().max(255)),
      kind: z.enum(['network', 'virtual', 'point_to_point', 'loopback']).catch('network'),
      automatic: z.boolean(),
      used: z.boolean(),
    }),
  ),
})

const deniedBySchema = z.object({ servers: z.array(z.string().max(255)) })

const deletedSchema = z.object({ left: z.boolean() }).catch({ left: false })
const errorSchema = z.object({ error: z.string().min(1).max(500) })

export type PrivateAnswer<T> =
  | { ok: true; value: T }
  /** `words` is the node's own sentence, if it said one. */
  | { ok: false; reason: 'unavailable' | 'unreachable'; words?: string | undefined }

/** The node's own API under `/_hearth/v1/`, which only the owner's access token opens. */
export function createPrivateApi(session: Session) {
  async function request(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
    read: (response: Response) => Promise<unknown> = (response) => response.json(),
  ): Promise<PrivateAnswer<unknown>> {
    try {
      const response = await fetch(`${session.clientUrl}/_hearth/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${session.accessToken}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      })
      if (response.ok) return { ok: true, value: await read(response) }
      const said = errorSchema.safeParse(await response.json().catch(() => undefined))
      return {
        ok: false,
        reason: response.status >= 500 ? 'unreachable' : 'unavailable',
        words: said.data?.error,
      }
    } catch {
      return { ok: false, reason: 'unreachable' }
    }
  }
  async function settings(
    method: 'GET' | 'PATCH',
    change?: NodeSettings,
  ): Promise<PrivateAnswer<NodeSettings>> {
    const answer = await request(method, 'settings', change)
    if (!answer.ok) return answer
    const parsed = settingsSchema.safeParse(answer.value)
    return { ok: true, value: parsed.success ? parsed.data : {} }
  }
  return {
    request,
    /** What is no JSON, to be saved. */
    async download(path: string): Promise<PrivateAnswer<Blob>> {
      let blob = new Blob()
      const answer = await request('GET', path, undefined, undefined, async (response) => {
        blob = await response.blob()
      })
      return answer.ok ? { ok: true, value: blob } : answer
    },
    async peers(): Promise<PrivateAnswer<Peer[]>> {
      const answer = await request('GET', 'peers')
      if (!answer.ok) return answer
      const peers = parsePeers(answer.value)
      return peers === undefined ? { ok: false, reason: 'unavailable' } : { ok: true, value: peers }
    },
    /** What is wrong with the network; nothing, where an older node does not say. */
    async networkProblems(): Promise<NetworkProblem[]> {
      const answer = await request('GET', 'network')
      const parsed = problemsSchema.safeParse(answer.ok ? answer.value : undefined)
      return parsed.success ? parsed.data.problems : []
    },
    /** The network interfaces of the machine. */
    async networkInterfaces(): Promise<PrivateAnswer<NetworkInterfaces>> {
      const answer = await request('GET', 'interfaces')
      if (!answer.ok) return answer
      const parsed = interfacesSchema.safeParse(answer.value)
      return parsed.success ? { ok: true, value: parsed.data } : { ok: false, reason: 'unavailable' }
    },
    /** Not only for the owner. Servers whose owners do not allow this one; none, where an older node does not say. */
    async deniedBy(): Promise<string[]> {
      const answer = await request('GET', 'denied-by')
      const parsed = deniedBySchema.safeParse(answer.ok ? answer.value : undefined)
      return parsed.success ? parsed.data.servers : []
    },
    /** Not only for the owner. */
    async roomServers(roomId: string): Promise<PrivateAnswer<RoomServer[]>> {
      const answer = await request('GET', `rooms/${encodeURIComponent(roomId)}/servers`)
      if (!answer.ok) return answer
      const parsed = roomServersSchema.safeParse(answer.value)
      return parsed.success ? { ok: true, value: parsed.data.servers } : { ok: false, reason: 'unavailable' }
    },
    /** Not only for the owner. The value says whether it is done. */
    async deleteRoom(roomId: string, redact: boolean): Promise<PrivateAnswer<boolean>> {
      const answer = await request('POST', `rooms/${encodeURIComponent(roomId)}/delete`, { redact })
      if (!answer.ok) return answer
      return { ok: true, value: deletedSchema.parse(answer.value).left }
    },
    getSettings: () => settings('GET'),
    addPeer: (serverName: string, address: string) =>
      request('POST', 'peers', { server_name: serverName, address }),
    patchSettings: (change: NodeSettings) => settings('PATCH', change),
    domainCheck: () => request('POST', 'domain-check', {}),
    rotateKey: () => request('POST', 'rotate-key', {}),
    reports: (from: string | undefined) =>
      request('GET', from === undefined ? 'reports' : `reports?from=${encodeURIComponent(from)}`),
    reportsSeen: (upTo: number) => request('POST', 'reports/seen', { up_to: upTo }),
    dismissReport: (id: number) => request('DELETE', `reports/${id}`),
    backupIdentity: (passphrase: string) => request('POST', 'identity-backup', { passphrase }),
  }
}
export type PrivateApi = ReturnType<typeof createPrivateApi>
