import { expect, test } from 'vitest'
import type { TraceItem, TraceRecord } from '../../../client/trace.ts'
import { exchangesOf } from './exchange.ts'
import { filtersOf, hrefOf, isTrouble, passes } from './filters.ts'
import { niceSpan, phaseWords } from './waterfall.tsx'

type Tree = [
  label: string,
  at: number,
  ms: number,
  values?: TraceItem['values'],
  children?: Tree[],
  error?: string,
]

const item = ([label, at, ms, values = {}, children = [], error]: Tree): TraceItem => ({
  label,
  at,
  ms,
  level: 'debug',
  values,
  children: children.map(item),
  ...(error === undefined ? {} : { error: { name: 'Error', message: error } }),
})
const record = (tree: Tree): TraceRecord => ({ ...item(tree), id: 7, ts: 1000 })
const only = (tree: Tree) => {
  const found = exchangesOf(record(tree))
  expect(found).toHaveLength(1)
  return found[0]!
}

const dialled: Tree = [
  'connection',
  3,
  7,
  {},
  [
    ['attempt', 3, 1, { address: '10.0.0.1:8448' }, [['connect', 3, 1, {}, [], 'refused']], 'refused'],
    [
      'attempt',
      3,
      7,
      { address: '10.0.0.2:8448' },
      [
        ['connect', 3, 2],
        ['TLS', 5, 5, { protocol: 'TLSv1.3', proof: 'key' }],
      ],
    ],
  ],
]

test('a transaction: its phases in order, the waiting between them, and what became of each event', () => {
  const exchange = only([
    'federation send',
    0,
    42,
    { server: 'b.example', txn: 't1', events: ['$a', '$b'], edus: 2 },
    [
      [
        'federation request',
        1,
        40,
        { server: 'b.example', method: 'PUT', path: '/_matrix/federation/v1/send/t1', status: 200 },
        [
          ['resolve', 1, 0, { way: 'node' }],
          dialled,
          ['exchange', 12, 20, { address: '10.0.0.2:8448', reused: false, bytes: 900 }],
          ['answer', 32, 1, { bytes: 60 }],
        ],
      ],
      ['event refused', 41, 0, { event: '$b', error: 'not allowed' }],
    ],
  ])
  expect(exchange).toMatchObject({
    direction: 'out',
    kind: 'transaction',
    server: 'b.example',
    status: 200,
    state: 'ok',
    bytes: 60,
    edus: 2,
    ts: 1001,
  })
  expect(exchange.phases.map(({ kind, at, ms }) => [kind, at, ms])).toEqual([
    ['resolve', 1, 0],
    ['wait', 1, 2],
    ['connect', 3, 2],
    ['tls', 5, 5],
    ['wait', 10, 2],
    ['exchange', 12, 20],
    ['answer', 32, 1],
  ])
  expect(exchange.phases[2]!.words).toBe('10.0.0.2:8448')
  expect(exchange.results).toEqual([
    { eventId: '$a', state: 'taken', reason: undefined },
    { eventId: '$b', state: 'refused', reason: 'not allowed' },
  ])
  expect(isTrouble(exchange)).toBe(true)
  expect(phaseWords(exchange)).toContain('TLS 5.0 ms')
})

test('one that did not get through says why, and claims nothing of its events', () => {
  const exchange = only([
    'federation send',
    0,
    5,
    { server: 'b.example', events: ['$a'] },
    [
      [
        'federation request',
        0,
        5,
        { server: 'b.example', method: 'PUT', path: '/_matrix/federation/v1/send/t1' },
        [
          [
            'connection',
            0,
            5,
            {},
            [['attempt', 0, 5, { address: '10.0.0.1:1' }, [['connect', 0, 5, {}, [], 'refused']], 'refused']],
            'refused',
          ],
        ],
        'b.example cannot be reached',
      ],
    ],
  ])
  expect(exchange).toMatchObject({ state: 'failed', problem: 'b.example cannot be reached' })
  expect(exchange.phases).toMatchObject([{ kind: 'connect', error: 'refused' }])
  expect(exchange.results).toMatchObject([{ state: 'unknown' }])
})

test('requests inside of other operations are found, beside the request that they are for', () => {
  const found = exchangesOf(
    record([
      'federation in',
      0,
      30,
      { server: 'b.example', method: 'PUT', path: '/_matrix/federation/v1/send/t9', status: 200, bytes: 10 },
      [
        ['read body', 0, 1],
        [
          'authenticate',
          1,
          9,
          { key: 'ed25519:1' },
          [
            [
              'federation request',
              2,
              7,
              { server: 'b.example', method: 'GET', path: '/_matrix/key/v2/server' },
            ],
          ],
        ],
        ['handle', 10, 20],
        ['staged', 12, 0, { events: ['$a', '$b'] }],
        ['PDU undecided', 29, 0, { event: '$b' }],
      ],
    ]),
  )
  expect(found.map(({ direction, name }) => [direction, name])).toEqual([
    ['in', 'Transaction'],
    ['out', 'Server keys'],
  ])
  expect(new Set(found.map(({ key }) => key)).size).toBe(2)
  expect(found[0]!.phases.map(({ kind }) => kind)).toEqual(['read', 'authenticate', 'handle'])
  expect(found[0]!.results).toMatchObject([{ state: 'taken' }, { state: 'undecided' }])
  expect(exchangesOf(record(['send event', 0, 1]))).toEqual([])
})

test('filters are kept in the address, and let through what they say', () => {
  const filters = filtersOf(
    new URLSearchParams('server=b.example&direction=out&kind=keys&failed=yes&axis=clock'),
  )
  expect(filtersOf(new URLSearchParams(hrefOf(filters).split('?')[1]))).toEqual(filters)
  expect(filtersOf(new URLSearchParams('direction=up&kind=nonsense'))).toMatchObject({
    direction: 'both',
    kind: 'all',
  })
  const exchange = only([
    'federation request',
    0,
    1,
    { server: 'b.example', method: 'GET', path: '/_matrix/key/v2/server' },
    [],
    'gone',
  ])
  expect(passes(exchange, filters)).toBe(true)
  expect(passes(exchange, { ...filters, direction: 'in' })).toBe(false)
  expect(passes(exchange, { ...filters, kind: 'media' })).toBe(false)
})

test('the axis is as long as most rows need', () => {
  expect(niceSpan([1, 2, 3, 30_000])).toBe(5)
  expect(niceSpan([12, 14, 18, 19])).toBe(20)
  expect(niceSpan([])).toBeGreaterThan(0)
})
