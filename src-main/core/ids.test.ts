import { expect, test } from 'vitest'
import {
  isServerName,
  isStrictUserId,
  parseEventId,
  parseRoomAlias,
  parseRoomId,
  parseServerName,
  parseUserId,
  serverNameOf,
} from './ids.ts'
import type { UserId } from './types.ts'

test.each([
  ['matrix.org', 'matrix.org', undefined, false],
  ['matrix.org:8888', 'matrix.org', 8888, false],
  ['1.2.3.4', '1.2.3.4', undefined, true],
  ['1.2.3.4:1234', '1.2.3.4', 1234, true],
  ['[1234:5678::abcd]', '[1234:5678::abcd]', undefined, true],
  ['[1234:5678::abcd]:5678', '[1234:5678::abcd]', 5678, true],
  ['hs1', 'hs1', undefined, false],
])('server name %s', (name, host, port, isIpLiteral) => {
  expect(parseServerName(name)).toEqual({ serverName: name, host, port, isIpLiteral })
})

test.each([
  '',
  ':80',
  'a:',
  'a:123456',
  'a:99999',
  'a b',
  'a_b',
  '[::1',
  '[gg::1]',
  '[:::]',
  '300.1.1.1',
  'a/b',
  'ä.org',
  'a\n',
])('not a server name: %j', (name) => {
  expect(isServerName(name)).toBe(false)
})

test('user ids, as events may carry them', () => {
  expect(parseUserId('@alice:example.org:8448')).toEqual({
    userId: '@alice:example.org:8448',
    localpart: 'alice',
    serverName: 'example.org:8448',
  })
  expect(parseUserId('@Älice \u0001:hs1')?.localpart).toBe('Älice \u0001')
  expect(parseUserId('@:hs1')?.localpart).toBe('')
  for (const bad of [
    'alice:hs1',
    '@alice',
    '@a\0:hs1',
    '@\uD800:hs1',
    '@a:',
    `@${'ä'.repeat(126)}:hs1`,
    7,
    null,
  ]) {
    expect(parseUserId(bad)).toBeUndefined()
  }
})

test('user ids for new accounts', () => {
  expect(isStrictUserId('@a.b_c=d-e/f+1:hs1')).toBe(true)
  expect(isStrictUserId('@Alice:hs1')).toBe(false)
  expect(isStrictUserId('@:hs1')).toBe(false)
})

test('room ids, aliases and event ids', () => {
  expect(parseRoomId('!abc:example.org')).toBe('!abc:example.org')
  expect(parseRoomId('!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ')).toBeDefined()
  expect(parseRoomId('!abc:not a server')).toBeUndefined()
  expect(parseRoomAlias('#room:[::1]:80')?.serverName).toBe('[::1]:80')
  expect(parseRoomAlias('#room')).toBeUndefined()
  expect(parseEventId('$x:y')).toBe('$x:y')
  expect(parseEventId('$')).toBeUndefined()
  expect(parseEventId(`$${'x'.repeat(255)}`)).toBeUndefined()
})

test('the domain follows the first colon', () => {
  expect(serverNameOf('@a:[::1]:8448' as UserId)).toBe('[::1]:8448')
  expect(serverNameOf('@a:127.0.0.1:18448' as UserId)).toBe('127.0.0.1:18448')
})
