import { expect, test } from 'vitest'
import { canonicalJsonLenient } from '../core/canonical-json.ts'
import type { EventId, JsonObject, ServerName } from '../core/types.ts'
import { transactionJson, transactionText } from './out/transaction.ts'
import { parseXMatrix, requestBytes } from './x-matrix.ts'

const good = { origin: 'a.org:8448', destination: 'b.org', key: 'ed25519:k_1', sig: 'AB+/c' }

test.each([
  'X-Matrix origin="a.org:8448",destination="b.org",key="ed25519:k_1",sig="AB+/c"',
  'x-matrix   ORIGIN="a.org:8448" , \tdestination=b.org,, Key=ed25519:k_1, sig=AB+/c',
  'X-Matrix sig="AB+/c",key="ed25519:k_1",future="x, \\"y\\"",origin="a\\.org:8448",destination="b.org"',
  'X-Matrix origin=a.org:8448,destination="b.org",key="ed25519:k_1",signature="AB+/c"',
])('reads %s', (header) => {
  expect(parseXMatrix(header)).toEqual(good)
})

test.each([
  '',
  'Bearer abc',
  'X-Matrix',
  'X-Matrix origin="a.org"',
  'X-Matrix origin="a.org",key="rsa:1",sig="x"',
  'X-Matrix origin="a b",key="ed25519:1",sig="x"',
  'X-Matrix origin="a.org",origin="b.org",key="ed25519:1",sig="x"',
  'X-Matrix origin="a.org,key="ed25519:1",sig="x"',
  'X-Matrix origin="a.org" key="ed25519:1" sig="x"',
  `X-Matrix ${'a'.repeat(50_000)}`,
  `X-Matrix origin="${'\\'.repeat(50_001)}`,
])('refuses %.60s', (header) => {
  expect(parseXMatrix(header)).toHaveProperty('error')
})

test('content that is written already is signed as if it were written then', () => {
  const [origin, destination] = ['a.org', 'b.org'] as ServerName[]
  const pdus: JsonObject[] = [
    { z: 1, a: { '\u{1F600}': 'ü', '\uFFFD': [true, null] } },
    { depth: 2 ** 60, x: 1.5 },
  ]
  const txn = {
    destination: 'b.org' as ServerName,
    txnId: '1',
    originServerTs: 5,
    pdus: pdus.map((json, n) => ({ eventId: `$${n}` as EventId, json })),
    edus: [{ edu_type: 'm.typing', content: { b: 1, a: 2 } }],
  }
  const content = transactionJson(origin as ServerName, txn)
  const request = { method: 'PUT', uri: '/x?y', origin: origin as ServerName, destination, content }
  for (const one of [txn, { ...txn, edus: [] }, { ...txn, pdus: [] }]) {
    const text = transactionText(origin as ServerName, one)
    expect(text).toBe(canonicalJsonLenient(transactionJson(origin as ServerName, one)))
  }
  const contentText = transactionText(origin as ServerName, txn)
  for (const to of [destination, undefined])
    expect(requestBytes({ ...request, destination: to, contentText })).toEqual(
      requestBytes({ ...request, destination: to }),
    )
})
