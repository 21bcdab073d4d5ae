import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { Logger } from '../../trace/log.ts'
import { fakeClock } from '../test-support.ts'
import { createCollector, type Collector } from './collector.ts'

const neighbour = 'neighbour.example' as ServerName
const stranger = (n: number): ServerName => `stranger${n}.example` as ServerName

let clock: ReturnType<typeof fakeClock>
let neighbours: ServerName[]
let asked: { server: ServerName; at: number }[]
let received: number
let oneSided: ServerName[]
/** After how long a server answers, and what. */
let answer: (server: ServerName) => { after: number; body: JsonObject }
let collector: Collector

beforeEach(() => {
  clock = fakeClock()
  neighbours = [neighbour]
  asked = []
  received = 0
  oneSided = []
  collector = createCollector({
    client: {
      request(server) {
        asked.push({ server, at: clock.monotonic() })
        const { after, body } = answer(server)
        return new Promise((resolve) => {
          if (after === 0) resolve(body)
          else clock.setTimeout(() => resolve(body), after)
        })
      },
    },
    neighbours: () => neighbours,
    domainAllowed: () => true,
    async receive() {
      received++
      return {}
    },
    onOneSided: (server) => oneSided.push(server),
    clock,
    log: new Logger(clock),
  })
})
afterEach(async () => {
  // Whatever is under way comes back.
  const stopped = collector.stop()
  await passes(60_000)
  await stopped
})

async function passes(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) {
    clock.advance(20)
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
}

const askedOf = (server: ServerName): number => asked.filter((one) => one.server === server).length

test('strangers who say that they cannot dial this server neither hold it nor keep others from it', async () => {
  answer = () => ({ after: 7_000, body: { reachable: false } })
  for (let n = 0; n < 100; n++) collector.hint(stranger(n))
  expect(asked).toHaveLength(8)
  collector.hint(neighbour)
  expect(askedOf(neighbour)).toBe(1)
  await passes(60_000)
  expect(asked.filter(({ server }) => server !== neighbour)).toHaveLength(8)
  expect(askedOf(neighbour)).toBeGreaterThan(5)
  // Nor is the owner told of a firewall because of them.
  expect(collector.oneSided()).toEqual([neighbour])
  expect(oneSided).toEqual([neighbour])
  expect(collector.cannotDialUs(stranger(0))).toBe(false)
})

test('what a stranger has is fetched, as far as it brings something', async () => {
  let left = 3
  answer = () => ({
    after: 10,
    body:
      left-- > 0
        ? { reachable: false, transaction: { txn_id: `t${left}`, pdus: [], edus: [{}] } }
        : { reachable: false },
  })
  collector.hint(stranger(1))
  await passes(5_000)
  expect(received).toBe(3)
  expect(askedOf(stranger(1))).toBe(4)
})

test('a server that comes into a room while it is asked stays', async () => {
  answer = () => ({ after: 5_000, body: { reachable: false } })
  collector.hint(stranger(1))
  await passes(1_000)
  neighbours = [neighbour, stranger(1)]
  await passes(30_000)
  expect(askedOf(stranger(1))).toBeGreaterThan(4)
  expect(oneSided).toContain(stranger(1))
})

test.each([
  ['EDUs', { pdus: [], edus: Array<JsonObject>(100).fill({}) }, 30],
  ['events', { pdus: Array<JsonObject>(50).fill({}), edus: [] }, 400],
  ['nothing', { pdus: [], edus: [] }, 1_000],
])('who has %s without end is asked no more often than it may send', async (_, lists, most) => {
  answer = () => ({ after: 0, body: { reachable: false, transaction: { txn_id: 't', ...lists } } })
  collector.hint(neighbour)
  await passes(10_000)
  expect(received).toBeGreaterThan(5)
  expect(received).toBeLessThanOrEqual(most + 1)
})
