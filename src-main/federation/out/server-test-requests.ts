import { ownString } from '../../core/json.ts'
import type { ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { UNREACHABLE_HEADER } from '../port-header.ts'
import { attemptWords } from './attempt-words.ts'
import { clockWords } from '../clock-words.ts'
import { readText } from './read-body.ts'
import type { ServerTestDeps, TestStep } from './server-test.ts'

type Deps = Pick<ServerTestDeps, 'client' | 'measuring' | 'origin' | 'clock' | 'random'>

const TIMEOUT_MS = 15_000
const MAX_BYTES = 65_536

/**
 * An empty transaction, as a node sends one that was away: the other side has to fetch the key of this one and
 * check the signature before it answers.
 */
export async function* signedSteps(
  server: ServerName,
  { client, origin, clock, random }: Deps,
  signal: AbortSignal,
): AsyncGenerator<TestStep> {
  yield { step: 'signed', state: 'running', words: 'Sending a signed request, an empty transaction…' }
  const began = clock.monotonic()
  const now = clock.now()
  try {
    const answer = await client.open(server, {
      method: 'PUT',
      path: `/_matrix/federation/v1/send/${encodeURIComponent(`${now}-${random.token(12)}`)}`,
      content: { origin, origin_server_ts: now, pdus: [], edus: [] },
      timeoutMs: TIMEOUT_MS,
      signal,
    })
    const ms = clock.monotonic() - began
    await readText(answer.body, MAX_BYTES).catch(() => answer.body.destroy())
    yield {
      step: 'signed',
      state: 'ok',
      words: `It took a signed request of ${origin}, so it knows this Hearth’s key and accepts it.`,
      ms,
    }
    if (answer.headers[UNREACHABLE_HEADER] !== undefined) {
      yield {
        step: 'back',
        state: 'warn',
        words:
          'It says that it cannot connect to this Hearth by itself. This Hearth fetches what waits there instead.',
        help: 'Nothing is lost that way. For direct connections, let the federation port of this Hearth through the firewall of this computer and of its network.',
      }
    }
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    yield { ...refusedStep(error), ms: clock.monotonic() - began }
  }
}

function refusedStep(error: RemoteError): TestStep {
  const { status } = error
  const said = ownString(error.body, 'error')?.replace(/\p{C}/gu, ' ').slice(0, 300)
  const quote = said === undefined ? '' : ` It says: ${said}`
  const step = 'signed'
  if (status === undefined) {
    const reason = error.cause instanceof Error ? error.cause.message : attemptWords(error.cause)
    return {
      step,
      state: 'failed',
      words: `The request did not get through: ${reason.slice(0, 400)}`,
    }
  }
  if (status === 401) {
    return {
      step,
      state: 'failed',
      words: `It does not believe that the request is from this Hearth.${quote}`,
      help: 'It has to fetch the key of this Hearth to check its signatures. Test the name of this Hearth here too: others have to find it. A clock that is far off has the same effect.',
    }
  }
  if (status === 403) {
    return {
      step,
      state: 'failed',
      words: `It answers, and takes nothing from this Hearth.${quote}`,
      help: 'Its rules do not allow this Hearth. Only whoever runs it can change that.',
    }
  }
  if (status === 429) {
    return { step, state: 'warn', words: 'It is there, and asks to be left alone for a moment.' }
  }
  return {
    step,
    state: 'failed',
    words: `It answers with an error (${status}).${quote}`,
    help:
      status >= 500
        ? 'It has a problem of its own. Try again later.'
        : 'Something else may answer at that address, or a proxy in front of it does not pass Matrix on.',
  }
}

const WARN_MS = 60_000

export async function* clockStep(
  server: ServerName,
  { measuring }: Deps,
  signal: AbortSignal,
): AsyncGenerator<TestStep> {
  const step = 'clock'
  yield { step, state: 'running', words: 'Comparing clocks…' }
  try {
    // The first may have had to connect; the second is a round trip.
    let measured = await measuring.measure(server, signal)
    if (measured.isFresh) measured = await measuring.measure(server, signal)
    const { clock, roundTripMs } = measured
    if (clock === undefined) {
      yield { step, state: 'unknown', words: 'It does not say what time it has.', ms: roundTripMs }
      return
    }
    const isOff = Math.abs(clock.differenceMs) - clock.uncertaintyMs > WARN_MS
    yield {
      step,
      state: isOff ? 'warn' : 'ok',
      words: clockWords(clock.differenceMs, clock.uncertaintyMs),
      ...(isOff
        ? {
            help: 'Set the clock of the computer that is wrong by the internet. Messages appear with wrong times, and keys and certificates may count as expired.',
          }
        : {}),
      ms: roundTripMs,
    }
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    yield { step, state: 'unknown', words: 'The clocks could not be compared: it did not answer.' }
  }
}
