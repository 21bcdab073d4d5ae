import { parseServerName, publicKeyFromServerName } from './core/ids.ts'
import type { JsonObject, ServerName, Signer } from './core/types.ts'
import { askOutside } from './federation/out/ask-outside.ts'
import { stepsOf, type CheckStep } from './federation/out/domain-steps.ts'
import { lookAtServer, type Look, type LookDeps } from './federation/out/look-at-server.ts'
import { verdictOf } from './federation/out/look-verdict.ts'
import type { PeerTable } from './federation/discovery/index.ts'
import type { LookBackAnswer } from './federation/look-back.ts'
import type { SignedClient } from './federation/out/signed-client.ts'

interface DomainCheckParts {
  readonly signer: Signer
  readonly client: SignedClient
  readonly look: LookDeps
  /** Who could be asked to look back, best first. */
  readonly candidates: () => readonly ServerName[]
  readonly nameOf: (server: ServerName) => string
  readonly renewKeys: () => number
  /** `host:port` of the federation listener. */
  readonly listening: () => string
  readonly wellKnownServer: () => string | undefined
}

export interface DomainCheck {
  /** `POST /_hearth/v1/domain-check` */
  check(ask: ServerName | undefined): Promise<JsonObject>
  /** How far this server comes on its way to another. */
  lookBack(server: ServerName): Promise<LookBackAnswer>
}

/** Looks at a domain name as other servers do, and has another look too. */
export function createDomainCheck(parts: DomainCheckParts): DomainCheck {
  const { signer } = parts
  const { serverName } = signer
  const name = parseServerName(serverName)
  const isDomain = name !== undefined && publicKeyFromServerName(serverName) === undefined
  const running = new Map<string, Promise<JsonObject>>()

  async function check(ask: ServerName | undefined): Promise<JsonObject> {
    if (!isDomain) return { server_name: serverName, domain: false, steps: [] }
    const candidates = ask === undefined ? parts.candidates() : [ask]
    const [look, outside] = await Promise.all([
      lookAtServer(name, parts.look),
      askOutside(candidates, { ...parts, clock: parts.look.clock }),
    ])
    const steps = stepsOf(look, {
      serverName,
      keyId: signer.keyId,
      publicKey: signer.publicKey,
      listening: parts.listening(),
      wellKnownServer: parts.wellKnownServer(),
      allowPrivate: parts.look.allowPrivate,
      now: parts.look.clock.now(),
    })
    return {
      server_name: serverName,
      domain: true,
      checked_ts: parts.look.clock.now(),
      steps: [...weighed(steps, look, outside), outside].map((step) => ({ ...step })),
      // What the web server of the domain has to serve, where the name leaves the question open.
      well_known_server:
        name.isIpLiteral || name.port !== undefined
          ? null
          : (parts.wellKnownServer() ?? `${name.host}:${portOf(parts.listening())}`),
      listening: parts.listening(),
    }
  }

  return {
    check(ask) {
      const key = ask ?? ''
      let work = running.get(key)
      if (work === undefined) {
        work = check(ask).finally(() => running.delete(key))
        running.set(key, work)
      }
      return work
    },
    async lookBack(server) {
      const other = parseServerName(server)
      if (other === undefined || publicKeyFromServerName(server) !== undefined) {
        return { reachable: false, failed_step: 'address', code: 'no domain name' }
      }
      return verdictOf(await lookAtServer(other, parts.look))
    },
  }
}

/** Many routers let nobody inside reach their own public address: if others do, that is no failure. */
function weighed(steps: readonly CheckStep[], look: Look, outside: CheckStep): CheckStep[] {
  if (outside.state !== 'ok' || look.probes.some((each) => each.reached !== 'nothing')) return [...steps]
  return steps.map((step) =>
    step.step === 'port' && step.state === 'failed'
      ? {
          step: 'port',
          state: 'unknown',
          words: `${step.words} Others do reach it: many routers only keep their own network from it.`,
        }
      : step,
  )
}

/** Those with domain names are elsewhere; neighbours on the LAN are asked where there are no others. */
export function whoLooksBack(
  neighbours: readonly ServerName[],
  peers: PeerTable,
  self: ServerName,
): ServerName[] {
  const nearby = peers.list().flatMap((peer) => (peer.reachable ? peer.server_name : []))
  const all = [...new Set([...neighbours, ...nearby])].filter((server) => server !== self)
  const isElsewhere = (server: ServerName): boolean => publicKeyFromServerName(server) === undefined
  return [...all.filter(isElsewhere), ...all.filter((server) => !isElsewhere(server))]
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1)
}
