import { expect, test } from 'vitest'
import { readPort } from './port-header.ts'

test('reads a port and nothing else', () => {
  expect(readPort('8448')).toBe(8448)
  expect(readPort('65535')).toBe(65_535)
  for (const wrong of [undefined, '', '0', '-1', '65536', '08448', '8448 ', '1e3', '999999999999'])
    expect(readPort(wrong)).toBeUndefined()
})
