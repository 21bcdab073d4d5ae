import { expect, test } from 'vitest'
import { placePeers } from './place-peers.ts'
import type { InspectedPeer } from './schema.ts'
import {
  clockWords,
  foundWords,
  matchWords,
  reachWords,
  roundTripWords,
  routeWords,
  timelineWords,
  waitingWords,
} from './words.ts'

const peer = (over: Partial<InspectedPeer> = {}): InspectedPeer => ({
  server_name: 'a.example',
  display_name: null,
  fingerprint: 'a.example',
  key_named: false,
  found: [],
  route: null,
  interface: null,
  reachable: null,
  one_sided: false,
  addresses: [],
  round_trip: null,
  tls: null,
  software: null,
  last_seen_ts: null,
  clock: null,
  allowed: true,
  rooms: 0,
  queued: { pdus: 0, edus: 0 },
  key_change: null,
  ...over,
})
const tls = (match: NonNullable<InspectedPeer['tls']>['match']): InspectedPeer['tls'] => ({
  ts: 0,
  version: 'TLSv1.3',
  cipher: null,
  certificate: 'node',
  issuer: null,
  valid_to_ts: null,
  match,
  server_key: null,
})
const clock = (difference_ms: number, uncertainty_ms: number) =>
  clockWords({ difference_ms, uncertainty_ms, words: '' })

test('how a peer is reached, the most important first', () => {
  expect(reachWords(peer()).words).toBe('Not tried yet')
  expect(reachWords(peer({ reachable: true })).words).toBe('Answers')
  expect(reachWords(peer({ reachable: false }))).toEqual({ words: 'Does not answer', tone: 'danger' })
  expect(reachWords(peer({ reachable: false, one_sided: true })).words).toBe('Calls us only')
  expect(reachWords(peer({ reachable: false, tls: tls('mismatch') })).words).toBe('Another answers')
  // A stranger at one address is no matter where another one leads to the peer.
  expect(reachWords(peer({ reachable: true, tls: tls('mismatch') })).words).toBe('Answers')
  expect(reachWords(peer({ reachable: true, allowed: false })).words).toBe('Not allowed')
})

test('how it was found; of a domain, by which step of the specification', () => {
  expect(foundWords(peer())).toBe('Named in rooms')
  expect(foundWords(peer({ found: ['mdns', 'inbound'] }))).toBe('Discovery, It called')
  expect(foundWords(peer({ found: ['dns'], route: { step: '3.3', targets: [] } }))).toBe(
    '.well-known, then SRV',
  )
  expect(routeWords('6')).toBe('Port 8448 of the name')
})

test('a difference of clocks that the measurement cannot tell is none; a large one warns', () => {
  expect(clockWords(null).words).toBe('–')
  expect(clock(30, 4)).toMatchObject({ words: 'In step', tone: 'ok' })
  expect(clock(400, 520)).toMatchObject({ words: 'In step' })
  expect(clock(3_200, 20)).toMatchObject({ words: '3.2 s ahead', tone: 'neutral' })
  expect(clock(-7_200_000, 20)).toEqual({ words: '2 h behind', tone: 'warn' })
  // A minute and a half, give or take a minute, may be half a minute.
  expect(clock(90_000, 60_000).tone).toBe('neutral')
})

test('what recognised a peer is said for every kind of proof', () => {
  const kinds = ['name', 'known key', 'authority', 'not checked', 'mismatch'] as const
  const words = kinds.map((kind) => matchWords(tls(kind)).words)
  expect(new Set(words).size).toBe(kinds.length)
  expect(matchWords(tls('mismatch')).tone).toBe('danger')
  expect(matchWords(null).words).toBe('Not seen')
})

test('what waits, round trips and the history in words', () => {
  expect(waitingWords({ pdus: 1, edus: 0 })).toBe('1 event')
  expect(waitingWords({ pdus: 12, edus: 1 })).toBe('12 events, 1 notice')
  expect(waitingWords({ pdus: 0, edus: 0 })).toBe('Nothing')
  expect(roundTripWords({ round_trip: null })).toBe('–')
  expect(timelineWords({ ts: 0, kind: 'mismatch', detail: 'another key' }).words).toContain('another key')
  expect(timelineWords({ ts: 0, kind: 'of-a-newer-node', detail: null }).words).toBe('of-a-newer-node')
})

test('on the map every peer has a place of its own within it, however many there are', () => {
  for (const counts of [[1], [3, 1], [5, 3], [8, 5, 5]]) {
    const networks = new Map(
      counts.map((count, network) => [
        `net${network}`,
        Array.from({ length: count }, (_, n) => `${network}-${n}`),
      ]),
    )
    const placed = placePeers(networks)
    const places = placed.flatMap(({ peers }) => peers.map(({ place }) => place))
    expect(places).toHaveLength(counts.reduce((a, b) => a + b))
    for (const { x, y } of places) {
      expect(x).toBeGreaterThan(9)
      expect(x).toBeLessThan(91)
      expect(y).toBeGreaterThan(8)
      expect(y).toBeLessThan(92)
    }
    const apart = places.flatMap((a, i) => places.slice(i + 1).map((b) => Math.hypot(a.x - b.x, a.y - b.y)))
    for (const distance of apart) expect(distance).toBeGreaterThan(8)
  }
})
