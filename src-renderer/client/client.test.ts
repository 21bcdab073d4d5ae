import { expect, test } from 'vitest'
import { directPartner, parseDirect, withDirect, withoutRoom } from './direct.ts'
import { cleanName, fallbackName, fingerprintOf, serverOf } from './names.ts'
import { parsePeers } from './private-api.ts'

const KEY_NAME = `${'abcdefgh'.repeat(7)}.local`

test('direct rooms are found, added once, and removed', () => {
  const direct = parseDirect({ '@a:x': ['!1', '!2'], '@b:x': 'nonsense', c: ['!3'], '@d:x': [4, '!5'] })
  expect(direct).toEqual({ '@a:x': ['!1', '!2'], '@d:x': ['!5'] })
  expect(directPartner(direct, '!2')).toBe('@a:x')
  expect(directPartner(direct, '!9')).toBeUndefined()
  expect(withDirect(direct, '@a:x', '!1')).toBe(direct)
  expect(withDirect({}, '@a:x', '!1')).toEqual({ '@a:x': ['!1'] })
  expect(withoutRoom(direct, '!5')).toEqual({ '@a:x': ['!1', '!2'] })
  for (const bad of [null, undefined, 3, 'x', []]) expect(parseDirect(bad)).toEqual({})
})

test('people without a name are not shown as ids', () => {
  expect(serverOf('@a:[::1]:8448')).toBe('[::1]:8448')
  expect(fingerprintOf(KEY_NAME)).toBe('abcdefgh')
  expect(fallbackName(`@owner:${KEY_NAME}`)).toBe('Someone (abcdefgh)')
  expect(fallbackName('@mia:example.org')).toBe('mia')
  expect(cleanName('Bo\u202eevil\u0000')).toBe('Boevil')
  expect(cleanName('  ')).toBeUndefined()
})

test('one bad peer costs its row, a bad answer the list', () => {
  expect(
    parsePeers({
      peers: [
        {
          server_name: KEY_NAME,
          display_name: 'Mia\u0000',
          reachable: true,
          last_seen_ts: 5,
          queued_events: 2,
          allowed: false,
        },
        { server_name: 7 },
        { server_name: 'b.example', display_name: null, owner_user_id: '@bo:b.example', reachable: 'yes' },
      ],
    }),
  ).toEqual([
    {
      serverName: KEY_NAME,
      ownerUserId: `@owner:${KEY_NAME}`,
      displayName: 'Mia',
      fingerprint: 'abcdefgh',
      reachable: true,
      lastSeenTs: undefined,
      queuedEvents: 2,
      denied: true,
    },
    {
      serverName: 'b.example',
      ownerUserId: '@bo:b.example',
      displayName: undefined,
      fingerprint: 'b.exampl',
      reachable: false,
      lastSeenTs: undefined,
      queuedEvents: 0,
      denied: false,
    },
  ])
  expect(parsePeers({ rows: [] })).toBeUndefined()
  expect(parsePeers('no')).toBeUndefined()
})
