import { expect, test } from 'vitest'
import { parseXMatrix } from './x-matrix.ts'

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
