import { encodeUnpaddedBase64 } from '../../core/base64.ts'
import { publicKeyFromServerName, type ParsedServerName } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import { clockStep, signedSteps } from './server-test-requests.ts'
import { KEYS_PATH, lookAtServer, VERSION_PATH, type Look, type LookDeps } from './look-at-server.ts'
import type { Measuring } from './measure.ts'
import type { Probe } from './probe.ts'
import type { Target } from './resolve-server-name.ts'
import * as found from './server-test-way.ts'
import * as say from './server-test-words.ts'
import type { SignedClient } from './signed-client.ts'

/** One thing on the way to a server; sentences for people. */
export interface TestStep {
  readonly step: StepName
  readonly state: 'running' | 'ok' | 'warn' | 'failed' | 'unknown'
  readonly words: string
  /** How to mend it, or what to keep in mind. */
  readonly help?: string | undefined
  readonly ms?: number | undefined
  readonly details?: readonly { readonly term: string; readonly value: string }[] | undefined
}

export type StepName =
  | 'name'
  | 'rules'
  | 'lan'
  | 'well_known'
  | 'srv'
  | 'address'
  | 'port'
  | 'certificate'
  | 'keys'
  | 'version'
  | 'signed'
  | 'back'
  | 'clock'

export interface ServerTestDeps {
  readonly look: LookDeps
  readonly client: Pick<SignedClient, 'open'>
  readonly measuring: Pick<Measuring, 'measure'>
  readonly origin: ServerName
  /** Addresses on the local network, best first. */
  readonly candidates: (server: ServerName) => readonly (Target & { readonly source: string })[]
  /** `--peer` */
  readonly fixed: (server: ServerName) => Target | undefined
  /** Current signing keys as they are known here, unpadded base64. */
  readonly knownKeys: (server: ServerName) => readonly string[]
  readonly allowed: (server: ServerName) => boolean
  /** `--insecure-skip-tls-verify` */
  readonly skipVerify: boolean
  readonly clock: Clock
  readonly random: Random
}

const MAX_DIALLED = 8

/** Somebody asked to end it. */
export class CancelledError extends Error {}

/**
 * Goes the way of this node to a server, and tells of each step what is found there, as soon as it is:
 * `emit` is called again for a step whose state changes. Nothing is cached, but for the last steps, which are
 * requests over the connections in use. Rejects with `CancelledError` only.
 */
export async function testServer(
  name: ParsedServerName,
  deps: ServerTestDeps,
  emit: (step: TestStep) => void,
  signal: AbortSignal,
): Promise<void> {
  const server = name.serverName
  const steps = stepper(emit, signal)
  const named = say.nameStep(name)
  emit(named)
  if (named.state === 'failed') return
  const allowed = deps.allowed(server)
  emit(say.rulesStep(server, allowed))
  if (!allowed) return
  const keyName = publicKeyFromServerName(server)
  const fixed = deps.fixed(server)
  const candidates = deps.candidates(server)
  const trusted = keyName === undefined ? deps.knownKeys(server) : [encodeUnpaddedBase64(keyName)]

  let way: found.Way | undefined
  if (keyName !== undefined || fixed !== undefined) {
    const targets = [
      ...(fixed === undefined ? [] : [fixed]),
      // What was given at the start is in the table as well.
      ...(keyName === undefined ? [] : candidates.filter((each) => each.source !== 'static')),
    ]
    emit(say.lanStep(server, { fixed, candidates, isKeyNamed: keyName !== undefined }))
    if (targets.length === 0) return
    const tlsName = keyName === undefined ? name.host.replace(/^\[|\]$/g, '') : ''
    const probes = await steps.during('port', say.connecting(targets), () =>
      probeAll(server, tlsName, targets),
    )
    way = { server, tlsName, probes, step: undefined, isFixed: fixed !== undefined }
  } else {
    if (candidates.length > 0) emit(say.lanStep(server, { fixed, candidates, isKeyNamed: false }))
    const look = await lookFrom(name)
    // What is on this network too may be reached without DNS.
    if (look.probes.length === 0 && candidates.length === 0) return
    const { tlsName, step } = look.route
    if (look.probes.length > 0) way = { server, tlsName, probes: look.probes, step, isFixed: false }
  }
  if (way !== undefined) emit(found.portStep(way))
  if (way?.probes.some((probe) => probe.reached !== 'nothing') === true) {
    emit(found.certificateStep(way, trusted, { now: deps.clock.now(), skipVerify: deps.skipVerify }))
    emit(found.keysStep(way, trusted))
    emit(found.versionStep(way))
  }
  // The node has more ways than were looked at (LAN addresses of a domain), and what counts is whether one works.
  await steps.each(signedSteps(server, deps, signal))
  await steps.each(clockStep(server, deps, signal))

  async function probeAll(host: ServerName, tlsName: string, targets: readonly Target[]): Promise<Probe[]> {
    return await Promise.all(
      targets.slice(0, MAX_DIALLED).map((target) =>
        deps.look.probe({
          target,
          tlsName,
          hostHeader: host,
          paths: [VERSION_PATH, KEYS_PATH],
          secureContext: deps.look.secureContext(),
        }),
      ),
    )
  }

  /** The specification's way, its steps told one by one. */
  async function lookFrom(domain: ParsedServerName): Promise<Look> {
    const { allowPrivate } = deps.look
    let began = deps.clock.monotonic()
    const took = (): number => {
      const now = deps.clock.monotonic()
      const ms = now - began
      began = now
      return ms
    }
    const byName = !domain.isIpLiteral && domain.port === undefined
    if (byName) emit(say.running('well_known', say.askingWellKnown(domain.host)))
    return await steps.cancellable(
      lookAtServer(domain, deps.look, (part) => {
        if (signal.aborted) return
        if (part.addresses !== undefined) {
          const step = say.addressStep(domain, part, allowPrivate)
          emit({ ...step, ms: took() })
          if (step.state !== 'failed') emit(say.running('port', say.connecting(part.addresses)))
          return
        }
        if (part.wellKnown !== undefined) {
          emit({ ...say.wellKnownStep(domain, part.wellKnown), ms: took() })
          emit(say.running('srv', 'Asking DNS for SRV records…'))
        }
        if (part.route !== undefined) {
          if (part.srv !== undefined) emit({ ...say.srvStep(domain, part.srv, part.route), ms: took() })
          // A delegated address or port leaves nothing to ask.
          else if (byName) emit({ ...say.noSrvStep(part.route), ms: took() })
          emit(say.running('address', 'Looking up the address…'))
        }
      }),
    )
  }
}

function stepper(emit: (step: TestStep) => void, signal: AbortSignal) {
  function cancellable<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancelled = (): void => reject(new CancelledError('cancelled'))
      if (signal.aborted) cancelled()
      signal.addEventListener('abort', cancelled, { once: true })
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancelled))
    })
  }
  return {
    cancellable,
    during<T>(step: StepName, words: string, work: () => Promise<T>): Promise<T> {
      emit(say.running(step, words))
      return cancellable(work())
    },
    async each(all: AsyncIterable<TestStep>): Promise<void> {
      const steps = all[Symbol.asyncIterator]()
      for (;;) {
        const next = await cancellable(steps.next())
        if (next.done === true) return
        emit(next.value)
      }
    },
  }
}
