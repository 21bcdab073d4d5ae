import { expect, test } from 'vitest'
import { signJson } from '../../core/signatures.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { LOOK_BACK_PATH } from '../look-back.ts'
import { fakeClock, testSigner, until } from '../test-support.ts'
import { askOutside } from './ask-outside.ts'
import type { CheckStep } from './domain-steps.ts'
import type { FederationRequest } from './signed-client.ts'

const us = await testSigner(1, 'us.example')
const near = await testSigner(2)
const VALID_UNTIL = 5_000_000

type Answers = (server: ServerName, request: FederationRequest) => JsonObject

/** Asks these servers; time goes on where somebody waits for it. */
async function outside(
  servers: readonly string[],
  answers: Answers,
): Promise<{ step: CheckStep; asked: string[] }> {
  const clock = fakeClock()
  const asked: string[] = []
  let done = false
  const asking = askOutside(servers as readonly ServerName[], {
    clock,
    signer: us,
    nameOf: (server) => server,
    renewKeys: () => VALID_UNTIL,
    client: {
      request: (server, request) => {
        asked.push(`${server} ${request.path}`)
        return Promise.resolve().then(() => answers(server, request))
      },
      open: () => Promise.reject(new Error('not used')),
    },
  }).finally(() => {
    done = true
  })
  await until(() => {
    clock.advance(1_000)
    return done
  })
  return { step: await asking, asked }
}

const refuse =
  (status: number | undefined, errcode?: string): Answers =>
  (server) => {
    throw new RemoteError(server, 'so it is', { status, errcode, retryable: false })
  }
const looked = (over: JsonObject = {}): JsonObject => ({
  reachable: true,
  failed_step: null,
  code: null,
  ...over,
})

test.each<[string, Answers, CheckStep['state'], string]>([
  ['reaches us', () => looked(), 'ok', 'reaches this server'],
  [
    'cannot connect',
    () => looked({ reachable: false, failed_step: 'port', code: 'ECONNREFUSED' }),
    'failed',
    'it cannot connect, it refuses',
  ],
  [
    'does not believe the certificate',
    () => looked({ reachable: false, failed_step: 'certificate', code: 'x' }),
    'failed',
    'not believe the certificate',
  ],
  ['makes no sense', () => ({ reachable: 'yes' }), 'unknown', 'makes no sense'],
  ['cannot verify us', refuse(401, 'M_UNAUTHORIZED'), 'failed', 'cannot fetch the keys'],
  ['was asked before', refuse(429, 'M_LIMIT_EXCEEDED'), 'unknown', 'a moment ago'],
  ['is away', refuse(undefined), 'unknown', 'could not be asked'],
])('who is asked %s', async (_what, answers, state, words) => {
  const { step } = await outside(['b.example'], answers)
  expect(step).toMatchObject({ step: 'outside', state, words: expect.stringContaining(words) as string })
})

test('who could not know our newest key is asked once more', async () => {
  let first = true
  const { step, asked } = await outside(['b.example'], (server, request) => {
    if (!first) return looked()
    first = false
    return refuse(401)(server, request)
  })
  expect(step.state).toBe('ok')
  expect(asked).toEqual([`b.example ${LOOK_BACK_PATH}`, `b.example ${LOOK_BACK_PATH}`])
})

test.each<[string, number, CheckStep['state']]>([
  ['fresh', VALID_UNTIL, 'ok'],
  ['from before', VALID_UNTIL - 1, 'failed'],
])('another kind of server shows by keys that are %s', async (_what, validUntil, state) => {
  const keys = signJson(
    {
      server_name: us.serverName,
      valid_until_ts: validUntil,
      verify_keys: { [us.keyId]: { key: us.publicKey } },
    },
    us,
  )
  const { step, asked } = await outside(['synapse.example'], (server, request) =>
    request.path === LOOK_BACK_PATH
      ? refuse(404, 'M_UNRECOGNIZED')(server, request)
      : { server_keys: [keys] },
  )
  expect(step.state).toBe(state)
  expect(asked[1]).toBe('synapse.example /_matrix/key/v2/query')
})

test('one that reaches us counts more than one that does not, and not all are asked', async () => {
  const servers = ['a.example', 'b.example', 'c.example', 'd.example']
  const { step, asked } = await outside(servers, (server, request) =>
    server === 'c.example' ? looked() : refuse(401)(server, request),
  )
  expect(step).toMatchObject({ state: 'ok', words: expect.stringContaining('c.example') as string })
  expect(asked.some((each) => each.startsWith('d.example'))).toBe(false)
  expect((await outside([], () => looked())).step.state).toBe('unknown')
})

test('a neighbour on the LAN is not taken for the world', async () => {
  const { step } = await outside([near.serverName], () => looked())
  expect(step.help).toContain('your own network')
})
