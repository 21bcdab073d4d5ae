import { expect, test } from 'vitest'
import { FakeClock } from '../test/harness/clock.ts'
import type { ServerName } from './core/types.ts'
import { createDialled } from './federation/out/dialled.ts'
import type { Outbox } from './federation/out/outbox.ts'
import { createOneSided } from './one-sided.ts'
import { Logger, LogItem } from './trace/log.ts'

const dest = 'b.example' as ServerName

/** One of whom the last attempt to dial `dest` failed, just now. */
function setUp(answers: () => boolean) {
  const clock = new FakeClock()
  const dialled = createDialled(clock)
  const state = { probes: 0, isCollecting: false, ended: 0 }
  dialled.note(dest, false)
  const outbox: Partial<Outbox> = {
    dialled,
    collects: () => state.isCollecting,
    collect: () => {
      state.isCollecting = true
      return Promise.resolve(undefined)
    },
    endCollecting() {
      state.isCollecting = false
      state.ended++
    },
  }
  const log = new Logger(clock, [])
  const { endpoint } = createOneSided({
    outbox: () => outbox as Outbox,
    peers: { knows: () => false, isReachable: () => false },
    probe() {
      state.probes++
      return Promise.resolve(answers())
    },
    client: { request: () => Promise.reject(new Error('not used')) },
    neighbours: () => [],
    domainAllowed: () => true,
    receive: () => Promise.resolve({}),
    onOneSided: () => undefined,
    clock,
    log,
  })
  const ask = (): unknown =>
    log.run('federation in', {}, async (item: LogItem) =>
      endpoint.handle(
        {
          origin: dest,
          params: {},
          query: new URLSearchParams(),
          header: () => undefined,
          body: {},
          log: item,
        },
        {} as never,
      ),
    )
  return { state, ask, clock }
}

test('a server that was away when it was dialled is dialled again when it asks, and sent to as others are', async () => {
  const { state, ask } = setUp(() => true)
  expect(await ask()).toEqual({ reachable: true })
  expect(state).toMatchObject({ probes: 1, ended: 1 })
})

test('one that cannot be dialled is not tried with each of its requests', async () => {
  const { state, ask, clock } = setUp(() => false)
  for (let n = 0; n < 10; n++) {
    expect(await ask()).toEqual({ reachable: false })
    clock.step(20_000)
  }
  expect(state.probes).toBe(1)
})
