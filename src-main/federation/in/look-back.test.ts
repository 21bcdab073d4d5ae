import { expect, test } from 'vitest'
import type { ServerName } from '../../core/types.ts'
import { Logger } from '../../trace/log.ts'
import { fakeClock } from '../test-support.ts'
import type { Call, FederationDeps } from './endpoint.ts'
import { createLookBack } from './look-back.ts'

const clock = fakeClock()
const call = (origin: string): Call =>
  ({ origin: origin as ServerName, log: new Logger(clock) }) as unknown as Call
const nothing = {} as FederationDeps

test('looks at who asks and at nobody else, not often, and not at many at once', async () => {
  const looked: string[] = []
  const waiting: (() => void)[] = []
  const endpoint = createLookBack({
    clock,
    rateLimits: true,
    look: (server) => {
      looked.push(server)
      return new Promise((resolve) => {
        waiting.push(() => resolve({ reachable: true, failed_step: null, code: null }))
      })
    },
  })
  const ask = async (origin: string): Promise<unknown> => await endpoint.handle(call(origin), nothing)
  const refusal = async (origin: string): Promise<unknown> => {
    try {
      return await ask(origin)
    } catch (error) {
      return error
    }
  }
  const running = ['a', 'b', 'c', 'd'].map((name) => ask(`${name}.example`))
  expect(looked).toEqual(['a.example', 'b.example', 'c.example', 'd.example'])
  // The same again while it runs, and a fifth at once.
  expect(await refusal('a.example')).toMatchObject({ status: 429 })
  expect(await refusal('e.example')).toMatchObject({ status: 429 })
  for (const finish of waiting.splice(0)) finish()
  expect(await Promise.all(running)).toHaveLength(4)
  for (let n = 0; n < 20; n++) {
    const asked = refusal('a.example')
    for (const finish of waiting.splice(0)) finish()
    await asked
  }
  expect(looked.filter((server) => server === 'a.example').length).toBeLessThanOrEqual(5)
})
