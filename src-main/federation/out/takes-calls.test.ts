import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { takesCalls } from './takes-calls.ts'

test('one address that takes a connection is enough, whether or not anybody answers; none is none', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const open = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const closing = createServer().listen(0, '127.0.0.1')
  await once(closing, 'listening')
  const closed = { host: '127.0.0.1', port: (closing.address() as AddressInfo).port }
  closing.close()
  await once(closing, 'close')
  expect(await takesCalls([closed, open], 3_000)).toBe(true)
  expect(await takesCalls([closed], 3_000)).toBe(false)
  expect(await takesCalls([], 3_000)).toBe(false)
  server.close()
})
