import { expect, test } from 'vitest'
import { FakeClock, seededRandom } from '../../../test/harness/clock.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { Logger } from '../../trace/log.ts'
import { createGreeting } from './greeting.ts'

const names = ['one.example', 'two.example', 'away.example', 'denied.example', 'self.example'] as ServerName[]

function start() {
  const clock = new FakeClock()
  const heard: [ServerName, JsonObject][] = []
  const greeted: [ServerName, boolean][] = []
  const greeting = createGreeting({
    client: {
      request(server, { content }) {
        if (server === 'away.example')
          return Promise.reject(new RemoteError(server, 'nobody answers', { retryable: true }))
        heard.push([server, content as JsonObject])
        return Promise.resolve({ pdus: {} })
      },
    },
    origin: 'self.example' as ServerName,
    neighbours: () => [...names, ...names],
    domainAllowed: (server) => server !== 'denied.example',
    onGreeted: (server, reached) => greeted.push([server, reached]),
    clock,
    random: seededRandom(1),
    log: new Logger(clock),
  })
  return { clock, heard, greeted, greeting }
}

test('every server of the rooms hears once, by an empty transaction; one that is away holds up nobody', async () => {
  const { heard, greeting } = start()
  await greeting.greet()
  expect(heard.map(([server]) => server)).toEqual(['one.example', 'two.example'])
  expect(heard[0]?.[1]).toMatchObject({ origin: 'self.example', pdus: [], edus: [] })
})

test('it is told who answered, so that what waits for them is sent, however long ago they last did', async () => {
  const { greeted, greeting } = start()
  await greeting.greet()
  expect(Object.fromEntries(greeted)).toEqual({
    'away.example': false,
    'one.example': true,
    'two.example': true,
  })
})

test('a network that comes and goes does not make it talk all the time', async () => {
  const { clock, heard, greeting } = start()
  await greeting.greet()
  clock.step(5_000)
  await greeting.greet()
  expect(heard).toHaveLength(2)
  clock.step(60_000)
  await greeting.greet()
  expect(heard).toHaveLength(4)
})

test('after the stop nobody is greeted', async () => {
  const { heard, greeting } = start()
  greeting.stop()
  await greeting.greet()
  expect(heard).toEqual([])
})
