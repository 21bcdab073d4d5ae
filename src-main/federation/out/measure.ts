import type { Readable } from 'node:stream'
import { isObject, ownString } from '../../core/json.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import type { ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import type { Clock } from '../../trace/clock.ts'
import { CLOCK_FIELD } from '../clock-field.ts'
import type { Contacts } from './contacts.ts'
import { VERSION_PATH } from './look-at-server.ts'
import { readText } from './read-body.ts'
import type { SignedClient } from './signed-client.ts'

/** What one small request tells of a server. */
export interface Measurement {
  /** From the request's first byte to the answer's head, with the other side's work for it. */
  readonly roundTripMs: number
  /** A connection was made for it, which takes further round trips. */
  readonly isFresh: boolean
  readonly software: { readonly name: string; readonly version: string } | undefined
  /** By how much its clock is ahead of this one; off by no more than the uncertainty, unless it lies. */
  readonly clock: { readonly differenceMs: number; readonly uncertaintyMs: number } | undefined
}

export interface Measuring {
  /** Asks for the version. Rejects with `RemoteError`. */
  measure(server: ServerName, signal?: AbortSignal): Promise<Measurement>
  /** Whether it answers at all; never rejects. */
  answers(server: ServerName): Promise<boolean>
}

const TIMEOUT_MS = 10_000
const MAX_BYTES = 65_536
const MAX_NAME = 60

/** Round trips, clocks and versions, by `GET /_matrix/federation/v1/version` over the connections in use. */
export function createMeasuring(deps: {
  readonly client: Pick<SignedClient, 'open'>
  readonly contacts: Pick<Contacts, 'of' | 'measured'>
  readonly clock: Clock
}): Measuring {
  const { clock, contacts } = deps

  async function measure(server: ServerName, signal?: AbortSignal): Promise<Measurement> {
    const dials = contacts.of(server)?.dials ?? 0
    const sent = { wall: clock.now(), at: clock.monotonic() }
    const answer = await deps.client.open(server, {
      method: 'GET',
      path: VERSION_PATH,
      unsigned: true,
      timeoutMs: TIMEOUT_MS,
      signal,
    })
    const roundTripMs = clock.monotonic() - sent.at
    const parsed = parseJsonLimited(await bodyOf(server, answer.body), 16)
    if (!parsed.ok || !isObject(parsed.value))
      throw new RemoteError(server, `The answer of ${server} is no JSON object.`, { retryable: false })
    const said = isObject(parsed.value['server']) ? parsed.value['server'] : {}
    const name = wordOf(ownString(said, 'name'))
    const measurement: Measurement = {
      roundTripMs,
      isFresh: (contacts.of(server)?.dials ?? 0) !== dials,
      software: name === undefined ? undefined : { name, version: wordOf(ownString(said, 'version')) ?? '' },
      clock: clockOf(parsed.value[CLOCK_FIELD], answer.headers['date'], sent.wall, roundTripMs),
    }
    contacts.measured(server, measurement)
    return measurement
  }

  return {
    measure,
    async answers(server) {
      try {
        await measure(server)
        return true
      } catch (error) {
        if (error instanceof RemoteError) return false
        throw error
      }
    },
  }
}

async function bodyOf(server: ServerName, body: Readable): Promise<string> {
  try {
    return await readText(body, MAX_BYTES)
  } catch (error) {
    body.on('error', () => undefined).destroy()
    throw new RemoteError(server, `The answer of ${server} broke off: ${String(error)}`, { retryable: true })
  }
}

const wordOf = (text: string | undefined): string | undefined =>
  text?.replace(/\p{C}/gu, ' ').trim().slice(0, MAX_NAME)

/**
 * The other clock was read somewhere between request and answer: half way, give or take half of it. A `Date`
 * header says whole seconds only.
 */
export function clockOf(
  precise: unknown,
  header: string | readonly string[] | undefined,
  sentTs: number,
  roundTripMs: number,
): Measurement['clock'] {
  const middle = sentTs + roundTripMs / 2
  if (typeof precise === 'number' && Number.isSafeInteger(precise) && precise > 0)
    return { differenceMs: Math.round(precise - middle), uncertaintyMs: Math.ceil(roundTripMs / 2) }
  const second = typeof header === 'string' ? Date.parse(header) : Number.NaN
  if (Number.isNaN(second)) return undefined
  return {
    differenceMs: Math.round(second + 500 - middle),
    uncertaintyMs: Math.ceil(500 + roundTripMs / 2),
  }
}
