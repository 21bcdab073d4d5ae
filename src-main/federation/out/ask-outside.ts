import { z } from 'zod'
import { publicKeyFromServerName } from '../../core/ids.ts'
import { isObject } from '../../core/json.ts'
import type { JsonObject, ServerName, Signer } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { sleep, type Clock } from '../../trace/clock.ts'
import { LOOK_BACK_PATH } from '../look-back.ts'
import { failureWords, type CheckStep } from './domain-steps.ts'
import { readServerKeys } from './server-keys-answer.ts'
import type { SignedClient } from './signed-client.ts'

export interface OutsideDeps {
  readonly client: SignedClient
  readonly signer: Signer
  /** How people call that server. */
  readonly nameOf: (server: ServerName) => string
  /** Publishes the own keys anew, so that whoever has them has just fetched them; until when they are valid. */
  readonly renewKeys: () => number
  readonly clock: Clock
}

type Report = Pick<CheckStep, 'state' | 'words' | 'help'>

const MAX_ASKED = 3
const TIMEOUT_MS = 45_000
const KEY_PAUSE_MS = 5_000
const answerShape = z.object({
  reachable: z.boolean(),
  failed_step: z.string().nullish(),
  code: z.string().nullish(),
})
const TRY_BY_HAND =
  'An independent test is at https://federationtester.matrix.org. Or join a room on a server elsewhere, and check again.'

/** Asks servers elsewhere whether they reach this one; a failure that one of them tells of counts only where nobody succeeds. */
export async function askOutside(servers: readonly ServerName[], deps: OutsideDeps): Promise<CheckStep> {
  const reports = await Promise.all(servers.slice(0, MAX_ASKED).map((server) => ask(server, deps)))
  const best =
    reports.find((each) => each.state === 'ok') ??
    reports.find((each) => each.state === 'failed') ??
    reports[0]
  if (best !== undefined) return { step: 'outside', ...best }
  return {
    step: 'outside',
    state: 'unknown',
    words: 'This server knows no other yet that could be asked to look back.',
    help: TRY_BY_HAND,
  }
}

async function ask(server: ServerName, deps: OutsideDeps, again = true): Promise<Report> {
  const who = deps.nameOf(server)
  try {
    const answer = await deps.client.request(server, {
      method: 'GET',
      path: LOOK_BACK_PATH,
      timeoutMs: TIMEOUT_MS,
      maxBytes: 16_384,
    })
    return fromHearth(who, answer, publicKeyFromServerName(server) !== undefined)
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    if (error.status === 401 && again) {
      // It may have asked for our keys a moment ago, and not known a new one since.
      await sleep(deps.clock, KEY_PAUSE_MS)
      return ask(server, deps, false)
    }
    if (error.status === 401) return unverified(who)
    if (error.errcode === 'M_UNRECOGNIZED' || error.status === 404) return askNotary(server, who, deps)
    return notAsked(who, error)
  }
}

function fromHearth(who: string, answer: JsonObject, isNearby: boolean): Report {
  const parsed = answerShape.safeParse(answer)
  if (!parsed.success) return { state: 'unknown', words: `${who} gave an answer that makes no sense.` }
  const { reachable, failed_step: failed, code } = parsed.data
  if (reachable) {
    return {
      state: 'ok',
      words: `${who} looked back, and reaches this server under its name.`,
      ...(isNearby
        ? { help: 'That one may be on your own network, from where more is open than from outside.' }
        : {}),
    }
  }
  return {
    state: 'failed',
    words: `${who} looked back and does not reach this server: ${placeWords(failed ?? '', code ?? '')}.`,
    help: 'Mend what is marked above; where everything above is well, something on the way lets only your own network through.',
  }
}

function placeWords(step: string, code: string): string {
  switch (step) {
    case 'address':
      return 'it finds no address that it may connect to'
    case 'port':
      return `it cannot connect, ${failureWords(code)}`
    case 'certificate':
      return 'it does not believe the certificate'
    default:
      return 'it connects, and does not find this server there'
  }
}

/** It verifies a request with our keys, for which it has to come here. */
const unverified = (who: string): Report => ({
  state: 'failed',
  words: `${who} cannot fetch the keys of this server, and so believes nothing that it says.`,
  help: 'Mend what is marked above, and check again in some minutes: others remember for a while that they failed.',
})

function notAsked(who: string, error: RemoteError): Report {
  const tooOften = error.status === 429
  return {
    state: 'unknown',
    words: tooOften
      ? `${who} was asked a moment ago already.`
      : `${who} could not be asked (${error.message.slice(0, 200)}).`,
    help: tooOften ? 'Check again in a minute.' : TRY_BY_HAND,
  }
}

/**
 * Servers of other kinds do not look back, but they are notaries: asked for keys of this server that are
 * valid for longer than any it has shown before, they have to come and fetch them.
 */
async function askNotary(server: ServerName, who: string, deps: OutsideDeps): Promise<Report> {
  const self = deps.signer.serverName
  const validUntil = deps.renewKeys()
  let answer: JsonObject
  try {
    answer = await deps.client.request(server, {
      method: 'POST',
      path: '/_matrix/key/v2/query',
      // With the id of the key: not every notary goes and fetches otherwise.
      content: { server_keys: { [self]: { [deps.signer.keyId]: { minimum_valid_until_ts: validUntil } } } },
      unsigned: true,
      timeoutMs: TIMEOUT_MS,
      maxBytes: 1_048_576,
    })
  } catch (error) {
    if (error instanceof RemoteError) return notAsked(who, error)
    throw error
  }
  const entries = Array.isArray(answer['server_keys']) ? answer['server_keys'].slice(0, 20) : []
  const fresh = entries.some((entry) => isObject(entry) && isFresh(entry, validUntil, deps.signer))
  if (fresh) return { state: 'ok', words: `${who} came and fetched the keys of this server just now.` }
  return unverified(who)
}

function isFresh(entry: JsonObject, validUntil: number, signer: Signer): boolean {
  try {
    return readServerKeys(signer.serverName, entry).some(
      (key) => !key.old && key.publicKey === signer.publicKey && key.validUntilTs >= validUntil,
    )
  } catch {
    // Not this server's keys.
    return false
  }
}
