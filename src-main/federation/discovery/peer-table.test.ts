import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { keyServerName } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { PeerTable } from './peer-table.ts'
import type { PeerChange, PeerSnapshot, PeerTableOptions } from './peer-table.ts'

/** A clock that only moves when told to; promises settle between its timers. */
class ManualClock implements Clock {
  private time = 1_000_000
  private timers: { at: number; fn: () => void }[] = []
  now(): number {
    return this.time
  }
  monotonic(): number {
    return this.time
  }
  setTimeout(fn: () => void, ms: number): () => void {
    const timer = { at: this.time + ms, fn }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }
  async advance(ms: number): Promise<void> {
    const end = this.time + ms
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.timers = this.timers.filter((other) => other !== next)
      this.time = Math.max(this.time, next.at)
      next.fn()
    }
    this.time = end
  }
}

const name = (): ServerName => keyServerName(new Uint8Array(randomBytes(32)))
const at = (last: number, port = 8448): { host: string; port: number } => ({ host: `10.0.0.${last}`, port })

function setUp(options: Partial<PeerTableOptions> = {}) {
  const clock = new ManualClock()
  const up = new Set<ServerName>()
  const probes: ServerName[] = []
  const changes: PeerChange[] = []
  const table = new PeerTable({
    clock,
    probe: async (server) => {
      probes.push(server)
      return up.has(server)
    },
    ...options,
  })
  table.onChange((change) => changes.push(change))
  table.start()
  return { clock, up, probes, changes, table }
}

test('a heard-of peer is reachable only once it answered', async () => {
  const { clock, up, table, changes } = setUp()
  const peer = name()
  table.learn(peer, at(1), 'mdns', { displayName: 'Ada', ep: 'x.1' })
  expect(table.list()).toMatchObject([{ server_name: peer, reachable: false, display_name: 'Ada' }])
  await clock.advance(1_000)
  expect(table.isReachable(peer)).toBe(false)
  up.add(peer)
  await clock.advance(30_000)
  expect(table.list()).toEqual([
    {
      server_name: peer,
      display_name: 'Ada',
      fingerprint: peer.slice(0, 8),
      source: 'mdns',
      addresses: ['10.0.0.1:8448'],
      reachable: true,
      last_seen_ts: expect.any(Number),
    },
  ])
  expect(changes.map(({ kind }) => kind)).toEqual(['learned', 'appeared'])
})

test('a peer that went silent is gone within 30 seconds, and an answer brings it back', async () => {
  const { clock, up, table } = setUp()
  const peer = name()
  up.add(peer)
  table.learn(peer, at(1), 'mdns')
  await clock.advance(60_000)
  expect(table.isReachable(peer)).toBe(true)
  up.delete(peer)
  await clock.advance(30_000)
  expect(table.isReachable(peer)).toBe(false)
  up.add(peer)
  table.learn(peer, at(1), 'mdns', { ep: 'new launch' })
  await clock.advance(1_500)
  expect(table.isReachable(peer)).toBe(true)
})

test('who leaves a request unanswered is asked at once, and gone where not even a call is taken', async () => {
  let takesCalls = true
  const { clock, up, table, changes, probes } = setUp({ connects: async () => takesCalls })
  const peer = name()
  up.add(peer)
  table.learn(peer, at(1), 'static')
  await clock.advance(1_500)
  expect(table.reachesAddress(at(1))).toBe(true)
  table.suspect(peer)
  await clock.advance(100)
  expect(probes).toHaveLength(2)
  expect(table.isReachable(peer)).toBe(true)
  up.delete(peer)
  await clock.advance(1_500)
  changes.length = 0
  // Its machine is there: it may only be busy.
  table.suspect(peer)
  await clock.advance(100)
  expect(changes).toEqual([])
  up.add(peer)
  await clock.advance(11_000)
  up.delete(peer)
  takesCalls = false
  table.suspect(peer)
  await clock.advance(100)
  expect(changes).toEqual([{ kind: 'gone', serverName: peer }])
  expect(table.reachesAddress(at(1))).toBe(false)
  expect(table.reachesAddress(at(1, 8449))).toBe(true)
  expect(table.reachesAddress(at(2))).toBe(true)
})

test('that a peer answers again which missed an answer is told with the time, not where it was gone', async () => {
  const regained: [ServerName, number][] = []
  const { clock, up, table } = setUp({ regained: (...told) => regained.push(told) })
  const peer = name()
  up.add(peer)
  table.learn(peer, at(1), 'static')
  await clock.advance(1_500)
  up.delete(peer)
  table.markFailure(peer)
  const since = clock.monotonic()
  await clock.advance(500)
  up.add(peer)
  await clock.advance(30_000)
  expect(table.isReachable(peer)).toBe(true)
  expect(regained).toEqual([[peer, since]])
  up.delete(peer)
  await clock.advance(30_000)
  expect(table.isReachable(peer)).toBe(false)
  up.add(peer)
  await clock.advance(60_000)
  expect(table.isReachable(peer)).toBe(true)
  expect(regained).toHaveLength(1)
})

test('a probe that never settles counts as no answer', async () => {
  const hanging = new Set<ServerName>()
  const { clock, table } = setUp({
    probe: (server) => (hanging.has(server) ? new Promise(() => undefined) : Promise.resolve(true)),
  })
  const peer = name()
  table.learn(peer, at(1), 'mdns')
  await clock.advance(1_000)
  expect(table.isReachable(peer)).toBe(true)
  hanging.add(peer)
  await clock.advance(30_000)
  expect(table.isReachable(peer)).toBe(false)
})

test('a true goodbye ends a peer within 5 seconds; a forged one changes nothing', async () => {
  const { clock, up, table, changes } = setUp()
  const [honest, victim] = [name(), name()]
  for (const peer of [honest, victim]) {
    up.add(peer)
    table.learn(peer, at(1), 'mdns')
  }
  await clock.advance(2_000)
  up.delete(honest)
  table.goodbye(honest)
  table.goodbye(victim)
  await clock.advance(5_000)
  expect(table.isReachable(honest)).toBe(false)
  expect(table.list().map(({ server_name }) => server_name)).toEqual([victim])
  expect(table.isReachable(victim)).toBe(true)
  expect(changes.filter(({ kind }) => kind === 'gone')).toEqual([{ kind: 'gone', serverName: honest }])
})

test('forged names neither fill the table nor push out peers that answer or were entered', async () => {
  const { clock, up, table } = setUp({ limits: { peers: 50, peersPerHost: 10 } })
  const [friend, entered] = [name(), name()]
  up.add(friend)
  table.learn(friend, at(1), 'mdns')
  table.learn(entered, { host: 'elsewhere.example', port: 8448 }, 'static')
  await clock.advance(2_000)
  for (let i = 0; i < 1_000; i++) table.learn(name(), { host: `10.1.${i >> 8}.${i & 255}`, port: 1 }, 'mdns')
  expect(table.list().length).toBe(50)
  expect(table.candidates(friend)).toHaveLength(1)
  expect(table.candidates(entered)).toHaveLength(1)

  // One machine cannot announce a crowd; what nobody answers for is forgotten by and by.
  await clock.advance(60 * 60_000)
  expect(
    table
      .list()
      .map(({ server_name }) => server_name)
      .sort(),
  ).toEqual([friend, entered].sort())
  for (let i = 0; i < 100; i++) table.learn(name(), at(7), 'mdns')
  expect(table.list()).toHaveLength(2 + 10)
})

test('a flood of forged names does not delay the probing of a peer that answered before', async () => {
  const { clock, up, probes, table } = setUp()
  const friend = name()
  up.add(friend)
  table.learn(friend, at(1), 'mdns')
  await clock.advance(2_000)
  for (let i = 0; i < 500; i++) table.learn(name(), { host: `10.1.${i >> 8}.${i & 255}`, port: 1 }, 'mdns')
  probes.length = 0
  await clock.advance(11_000)
  expect(probes).toContain(friend)
})

test('who calls again and again under many names, and never answers, keeps no peer from being asked', async () => {
  const [friend, newcomer] = [name(), name()]
  const up = new Set([friend])
  const { clock, table } = setUp({
    // A machine that swallows calls is waited for.
    probe: (server) => (up.has(server) ? Promise.resolve(true) : new Promise(() => undefined)),
  })
  table.learn(friend, at(1), 'inbound')
  await clock.advance(2_000)
  const crowd = Array.from({ length: 60 }, () => name())
  for (const [index, one] of crowd.entries()) table.learn(one, at(9, 1000 + index), 'inbound')
  const calling = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      for (const one of crowd) table.markSuccess(one)
      await clock.advance(500)
    }
  }
  await calling(30_000)
  up.delete(friend)
  await calling(60_000)
  expect(table.isReachable(friend)).toBe(false)
  up.add(friend)
  up.add(newcomer)
  table.learn(newcomer, at(2), 'inbound')
  await calling(60_000)
  expect(table.isReachable(newcomer)).toBe(true)
  await calling(300_000)
  expect(table.isReachable(friend)).toBe(true)
})

test('candidates come best first, and no peer has an endless list of them', () => {
  const { clock, table } = setUp()
  const peer = name()
  table.learn(peer, at(1), 'remembered')
  table.learn(peer, at(2), 'mdns')
  table.learn(peer, at(3), 'static')
  expect(table.candidates(peer).map(({ host }) => host)).toEqual(['10.0.0.3', '10.0.0.2', '10.0.0.1'])
  table.markSuccess(peer, at(1))
  expect(table.candidates(peer)[0]).toEqual({ ...at(1), source: 'remembered', lastSuccess: clock.now() })
  table.markFailure(peer, at(3))
  expect(table.candidates(peer).map(({ host }) => host)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  for (let i = 10; i < 100; i++) table.learn(peer, at(i), 'mdns')
  const hosts = table.candidates(peer).map(({ host }) => host)
  expect(hosts).toHaveLength(8)
  expect(hosts).toEqual(expect.arrayContaining(['10.0.0.1', '10.0.0.3']))
})

test('an address is news once, and only where it is kept; a call from another host is one from elsewhere', () => {
  const { table } = setUp({ limits: { peers: 1 } })
  const peer = name()
  expect(table.isElsewhere(peer, at(1).host)).toBe(false)
  expect(table.learn(peer, at(1), 'static')).toBe(true)
  expect(table.learn(peer, at(1), 'mdns', { ep: 'another run' })).toBe(false)
  expect(table.learn(peer, at(2, 9000), 'mdns')).toBe(true)
  expect(table.learn(name(), at(3), 'mdns')).toBe(false)
  expect(table.isElsewhere(peer, at(2).host)).toBe(false)
  expect(table.isElsewhere(peer, at(3).host)).toBe(true)
})

test('changing records cannot make a peer be asked more than once a second', async () => {
  const { clock, probes, table } = setUp()
  const peer = name()
  for (let i = 0; i < 100; i++) {
    table.learn(peer, at(1), 'mdns', { ep: String(i) })
    await clock.advance(100)
  }
  expect(probes.length).toBeLessThanOrEqual(11)
})

test('peers that answered survive a restart; hearsay and rubbish do not', async () => {
  const saved: unknown[] = []
  const { clock, up, table } = setUp({ persist: (snapshot) => saved.push(snapshot) })
  const [friend, hearsay] = [name(), name()]
  up.add(friend)
  table.learn(friend, at(1), 'mdns', { displayName: 'Ada' })
  table.learn(hearsay, at(2), 'mdns')
  table.markSuccess(friend, at(1))
  await clock.advance(10_000)
  table.stop()

  const next = setUp()
  next.table.restore(JSON.parse(JSON.stringify(saved.at(-1))))
  expect(next.table.list()).toMatchObject([
    { server_name: friend, display_name: 'Ada', source: 'remembered', reachable: false },
  ])
  for (const rubbish of [
    null,
    7,
    {},
    { peers: [3, { server_name: '\0' }, { server_name: 'a', addresses: 1 }] },
  ]) {
    next.table.restore(rubbish)
  }
  expect(next.table.list()).toHaveLength(1)
})

test('what a person entered is kept at once, also where the peer had called from there', () => {
  const saved: PeerSnapshot[] = []
  const { table } = setUp({ persist: (snapshot) => saved.push(snapshot) })
  const [friend, caller] = [name(), name()]
  table.learn(friend, at(1), 'link')
  expect(saved.at(-1)?.peers).toMatchObject([{ server_name: friend, addresses: [{ host: '10.0.0.1' }] }])
  table.learn(caller, at(2), 'inbound')
  table.learn(caller, at(2), 'link')
  expect(saved.at(-1)?.peers).toMatchObject([{ server_name: friend }, { server_name: caller }])
})

test('what cannot be kept is said to who entered it, or told, and kept when it can be', async () => {
  const saved: PeerSnapshot[] = []
  const told: unknown[] = []
  let full = true
  const { clock, table } = setUp({
    persist(snapshot) {
      if (full) throw new Error('full')
      saved.push(snapshot)
    },
    onNotPersisted: (error) => told.push(error),
  })
  const friend = name()
  expect(() => table.learn(friend, at(1), 'link')).toThrow('full')
  expect(told).toEqual([])
  await clock.advance(60_000)
  expect(told.length).toBeGreaterThan(0)
  full = false
  await clock.advance(60_000)
  expect(saved.at(-1)?.peers).toMatchObject([{ server_name: friend }])
  full = true
  table.markSuccess(friend, at(1))
  expect(() => table.stop()).not.toThrow()
})

test('whoever calls from one host under many names fills only a part of the table', async () => {
  const { clock, up, table } = setUp({ limits: { peers: 50, peersPerHost: 10 } })
  for (let index = 0; index < 40; index++) table.learn(name(), at(9, 1000 + index), 'inbound')
  expect(table.list()).toHaveLength(10)
  const real = name()
  up.add(real)
  table.learn(real, at(8), 'inbound')
  await clock.advance(1_000)
  expect(table.list().find((peer) => peer.server_name === real)).toMatchObject({
    reachable: true,
    source: 'inbound',
    addresses: ['10.0.0.8:8448'],
  })
})
