import { expect, test } from 'vitest'
import type { JsonObject } from '../../core/types.ts'
import { RoomError, type Rooms } from '../../rooms/api.ts'
import { systemClock } from '../../trace/clock.ts'
import { Logger } from '../../trace/log.ts'
import { testSigner } from '../test-support.ts'
import { authorizationHeader } from '../x-matrix.ts'
import { createFederationApp, type UserKeys } from './index.ts'

/**
 * Every operation of the Server-Server API (Matrix 1.18), kept by hand. Each may answer what it likes, as long
 * as it knows the request.
 */
const operations = [
  'PUT /_matrix/federation/v1/send/txn',
  'GET /_matrix/federation/v1/event_auth/!r:a/$e',
  'GET /_matrix/federation/v1/backfill/!r:a?limit=1&v=$e',
  'POST /_matrix/federation/v1/get_missing_events/!r:a',
  'GET /_matrix/federation/v1/event/$e',
  'GET /_matrix/federation/v1/state/!r:a?event_id=$e',
  'GET /_matrix/federation/v1/state_ids/!r:a?event_id=$e',
  'GET /_matrix/federation/v1/timestamp_to_event/!r:a?ts=1&dir=f',
  'GET /_matrix/federation/v1/make_join/!r:a/@u:peer.example',
  'PUT /_matrix/federation/v1/send_join/!r:a/$e',
  'PUT /_matrix/federation/v2/send_join/!r:a/$e',
  'GET /_matrix/federation/v1/make_knock/!r:a/@u:peer.example',
  'PUT /_matrix/federation/v1/send_knock/!r:a/$e',
  'GET /_matrix/federation/v1/make_leave/!r:a/@u:peer.example',
  'PUT /_matrix/federation/v1/send_leave/!r:a/$e',
  'PUT /_matrix/federation/v2/send_leave/!r:a/$e',
  'PUT /_matrix/federation/v1/invite/!r:a/$e',
  'PUT /_matrix/federation/v2/invite/!r:a/$e',
  'PUT /_matrix/federation/v1/3pid/onbind',
  'POST /_matrix/federation/v1/3pid/onbind',
  'PUT /_matrix/federation/v1/exchange_third_party_invite/!r:a',
  'GET /_matrix/federation/v1/query/directory?room_alias=%23a:us.example',
  'GET /_matrix/federation/v1/query/profile?user_id=@u:us.example',
  'GET /_matrix/federation/v1/publicRooms',
  'POST /_matrix/federation/v1/publicRooms',
  'GET /_matrix/federation/v1/hierarchy/!r:a',
  'GET /_matrix/federation/v1/openid/userinfo?access_token=x',
  'GET /_matrix/federation/v1/user/devices/@u:us.example',
  'POST /_matrix/federation/v1/user/keys/claim',
  'POST /_matrix/federation/v1/user/keys/query',
  'GET /_matrix/federation/v1/media/download/id',
  'GET /_matrix/federation/v1/media/thumbnail/id?width=1&height=1',
  'GET /_matrix/federation/v1/version',
  'GET /_matrix/key/v2/server',
  'GET /_matrix/key/v2/query/us.example',
  'POST /_matrix/key/v2/query',
  'GET /.well-known/matrix/server',
]

const us = await testSigner(1, 'us.example')
const peer = await testSigner(2, 'peer.example')

/** Whatever is asked of rooms is not there, which is an answer. */
const notThere = (): never => {
  throw new RoomError(404, 'M_NOT_FOUND', 'not of this test')
}
const rooms = new Proxy({}, { get: () => notThere }) as Rooms
const app = createFederationApp({
  serverName: us.serverName,
  signer: us,
  rooms,
  keyRing: { requestKey: () => Promise.resolve({ result: 'found', publicKey: peer.publicKey }) },
  log: new Logger(systemClock),
  clock: systemClock,
  domainAllowed: () => true,
  profile: () => undefined,
  keys: { query: () => ({}), claim: () => undefined, devices: () => undefined } satisfies UserKeys,
  rateLimits: false,
  version: '1.0',
})

async function answerTo(operation: string): Promise<{ status: number; body: JsonObject }> {
  const [method = '', uri = ''] = operation.split(' ')
  const content: JsonObject | undefined = method === 'GET' ? undefined : {}
  const signed = { method, uri, origin: peer.serverName, destination: us.serverName, content }
  const response = await app.request(
    `https://us.example${uri}`,
    {
      method,
      headers: { authorization: authorizationHeader(peer, signed) },
      body: content === undefined ? null : JSON.stringify(content),
    },
    { incoming: { url: uri } },
  )
  return { status: response.status, body: (await response.json()) as JsonObject }
}

test.each(operations)('%s is known', async (operation) => {
  const { body } = await answerTo(operation)
  expect(['M_UNRECOGNIZED', 'M_UNAUTHORIZED']).not.toContain(body['errcode'])
})

test('this is no policy server, and says so as the specification wants it said', async () => {
  const answer = await answerTo('POST /_matrix/policy/v1/sign')
  expect(answer).toMatchObject({ status: 404, body: { errcode: 'M_UNRECOGNIZED' } })
})
