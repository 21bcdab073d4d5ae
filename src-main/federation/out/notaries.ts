import type { JsonObject, KeyId, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { readNotaryAnswer, type PublishedKey } from './server-keys-answer.ts'
import type { SignedClient } from './signed-client.ts'

/** Who may be asked for the keys of a server that does not answer itself. */
export interface Notaries {
  /** `trusted_key_servers`: each is believed alone. */
  readonly trusted: readonly ServerName[]
  /** Servers that share a room with it. Anyone can be one, so they are believed only where they agree. */
  readonly neighbours: (server: ServerName) => readonly ServerName[]
}

export type Vouched =
  | { readonly by: 'nobody' }
  | { readonly by: 'trusted' | 'neighbours'; readonly keys: readonly PublishedKey[] }

/** Key ids, each with the time until which it should be valid at least. */
export type WantedKeys = ReadonlyMap<KeyId, number>

export interface NotaryDeps {
  readonly client: SignedClient
  readonly self: ServerName
  readonly notaries: Notaries
  /** The keys of a notary itself. */
  readonly keysOf: (notary: ServerName) => (keyId: KeyId) => Promise<string | undefined>
}

const MAX_NEIGHBOURS = 5
/** A notary may go and ask each of them, and answers when it has heard of all. */
const SERVERS_A_QUERY = 20
/** So many servers must say the same, and none another thing. */
const AGREEING = 2

/**
 * "Querying Keys Through Another Server". A notary's word is its signature beside the server's own. That of
 * a trusted one counts. That of others proves nothing alone: whoever wants to forge events of a server that
 * is gone need only share a room with it. So at least two of them must name a key, and nobody know others only.
 */
export async function askNotaries(
  server: ServerName,
  wanted: WantedKeys,
  deps: NotaryDeps,
): Promise<Vouched> {
  const isOther = (notary: ServerName): boolean => notary !== server && notary !== deps.self
  for (const notary of deps.notaries.trusted.filter(isOther)) {
    const keys = await ask(server, wanted, notary, deps)
    if (keys.length > 0) return { by: 'trusted', keys }
  }
  const neighbours = deps.notaries
    .neighbours(server)
    .filter((notary) => isOther(notary) && !deps.notaries.trusted.includes(notary))
    .slice(0, MAX_NEIGHBOURS)
  if (neighbours.length < AGREEING) return { by: 'nobody' }
  const keys = agreed(await Promise.all(neighbours.map((notary) => ask(server, wanted, notary, deps))))
  return keys.length === 0 ? { by: 'nobody' } : { by: 'neighbours', keys }
}

/**
 * The same for many servers, where `witnesses` stand beside the servers that are known to share a room with
 * them: on joining a room, those that the room is said to have. The first ones count. Answers the keys of
 * those servers for which enough of them agree.
 */
export async function askWitnesses(
  wanted: ReadonlyMap<ServerName, WantedKeys>,
  witnesses: readonly ServerName[],
  deps: NotaryDeps,
): Promise<Map<ServerName, PublishedKey[]>> {
  const isOther = (name: ServerName): boolean => !wanted.has(name) && name !== deps.self
  const shared = witnesses.filter(isOther).slice(0, MAX_NEIGHBOURS)
  const queries = new Map<ServerName, Map<ServerName, WantedKeys>>()
  for (const [server, keys] of wanted) {
    // Who was in a room with it all along may contradict.
    const own = deps.notaries.neighbours(server).filter(isOther).slice(0, MAX_NEIGHBOURS)
    for (const notary of new Set([...own, ...shared])) {
      queries.set(notary, (queries.get(notary) ?? new Map<ServerName, WantedKeys>()).set(server, keys))
    }
  }
  const answers = await Promise.all(
    [...queries].map(([notary, servers]) => askForMany(servers, notary, deps)),
  )
  const vouched = new Map<ServerName, PublishedKey[]>()
  for (const server of wanted.keys()) {
    const keys = agreed(answers.map((answer) => answer.get(server) ?? []))
    if (keys.length > 0) vouched.set(server, keys)
  }
  return vouched
}

async function ask(
  server: ServerName,
  wanted: WantedKeys,
  notary: ServerName,
  deps: NotaryDeps,
): Promise<PublishedKey[]> {
  return (await askForMany(new Map([[server, wanted]]), notary, deps)).get(server) ?? []
}

/** Nothing of a notary that cannot be reached, knows nothing, or says what is not signed as it should be. */
async function askForMany(
  wanted: ReadonlyMap<ServerName, WantedKeys>,
  notary: ServerName,
  deps: NotaryDeps,
): Promise<Map<ServerName, PublishedKey[]>> {
  const all = [...wanted]
  const chunks = Array.from({ length: Math.ceil(all.length / SERVERS_A_QUERY) }, (_, n) =>
    all.slice(n * SERVERS_A_QUERY, (n + 1) * SERVERS_A_QUERY),
  )
  const keysOf = deps.keysOf(notary)
  const found = await Promise.all(
    chunks.map(async (chunk) => {
      const answer = await query(chunk, notary, deps)
      const said: [ServerName, PublishedKey[]][] = []
      if (answer === undefined) return said
      for (const [server] of chunk)
        said.push([server, await readNotaryAnswer(server, notary, answer, keysOf)])
      return said
    }),
  )
  return new Map(found.flat())
}

async function query(
  wanted: readonly (readonly [ServerName, WantedKeys])[],
  notary: ServerName,
  deps: NotaryDeps,
): Promise<JsonObject | undefined> {
  // Some notaries go and fetch only what is asked for by its id.
  const criteria = wanted.map(([server, keys]): [ServerName, JsonObject] => [
    server,
    Object.fromEntries([...keys].map(([keyId, ts]) => [keyId, { minimum_valid_until_ts: ts }])),
  ])
  try {
    return await deps.client.request(notary, {
      method: 'POST',
      path: '/_matrix/key/v2/query',
      content: { server_keys: Object.fromEntries(criteria) },
      unsigned: true,
      maxBytes: 1_048_576,
      timeoutMs: 20_000,
    })
  } catch (error) {
    if (error instanceof RemoteError) return undefined
    throw error
  }
}

/** Keys that everybody has who knows of the server at all, two at least; valid for as long as all say. */
function agreed(all: readonly (readonly PublishedKey[])[]): PublishedKey[] {
  const answers = all.filter((keys) => keys.length > 0)
  const ids = new Set(answers.flatMap((keys) => keys.map((key) => key.keyId)))
  return [...ids].flatMap((keyId) => {
    const said = answers.flatMap((keys) => keys.find((key) => key.keyId === keyId) ?? [])
    const [first] = said
    // A key under a new name contradicts nobody: who does not know it speaks against it by that.
    if (first === undefined || said.length < Math.max(AGREEING, answers.length)) return []
    if (said.some((key) => key.publicKey !== first.publicKey)) return []
    return [{ ...first, validUntilTs: Math.min(...said.map((key) => key.validUntilTs)), old: true }]
  })
}
