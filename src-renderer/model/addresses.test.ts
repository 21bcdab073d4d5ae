import { expect, test } from 'vitest'
import { eventLink, hearthLink, isHostPort, isServerName, parseAddress, roomLink } from './addresses.ts'

const room = (id: string, ...via: string[]) => ({ kind: 'room', room: id, via })
const person = (userId: string) => ({ kind: 'person', userId })
const peer = (serverName: string, at?: string) => ({ kind: 'peer', serverName, at })
const key = 'a'.repeat(56)

test.each([
  ['#garden:example.org', room('#garden:example.org')],
  ['  #garden:example.org:8448 ', room('#garden:example.org:8448')],
  ['#garten-ö:[::1]:8448', room('#garten-ö:[::1]:8448')],
  ['!abc:example.org', room('!abc:example.org')],
  ['!abc:example.org?via=a.example&via=b.example', room('!abc:example.org', 'a.example', 'b.example')],
  ['!VersionTwelve_has-no-server', room('!VersionTwelve_has-no-server')],
  ['@mia:example.org', person('@mia:example.org')],
  ['https://matrix.to/#/#garden:example.org', room('#garden:example.org')],
  ['https://matrix.to/#/%23garden%3Aexample.org', room('#garden:example.org')],
  [
    'https://matrix.to/#/!abc%3Aexample.org/$event?via=a.example&via=a.example',
    { ...room('!abc:example.org', 'a.example'), eventId: '$event' },
  ],
  ['https://matrix.to/#/@mia:example.org', person('@mia:example.org')],
  ['matrix:r/garden:example.org', room('#garden:example.org')],
  ['MATRIX:r/garden:example.org?action=join', room('#garden:example.org')],
  [
    'matrix:roomid/abc:example.org/e/event?via=a.example',
    { ...room('!abc:example.org', 'a.example'), eventId: '$event' },
  ],
  ['matrix:roomid/abc%2Fdef', room('!abc/def')],
  ['matrix:u/mia:example.org?action=chat', person('@mia:example.org')],
  [`hearth://${key}.local?at=192.168.1.7:8448`, peer(`${key}.local`, '192.168.1.7:8448')],
  [`hearth://${key}.local/?at=%5Bfe80::1%5D:8448`, peer(`${key}.local`, '[fe80::1]:8448')],
  ['hearth://example.org', peer('example.org')],
])('understands %j', (text, expected) => expect(parseAddress(text)).toEqual(expected))

test.each([
  '',
  'garden',
  '#garden',
  '#:example.org',
  '#garden:',
  '#garden:exa mple.org',
  '#gar\u202eden:example.org',
  '#garden:example.org:99999',
  '#garden:example.org/path',
  '!',
  '!abc:',
  '@mia',
  'https://example.org/#/#garden:example.org',
  'https://matrix.to.evil.example/#/#garden:example.org',
  'https://matrix.to@evil.example/#/#garden:example.org',
  'https://matrix.to/#/%E0%A4%A',
  'https://matrix.to/#/#gar%0Aden:example.org',
  'https://matrix.to/#/#gar%E2%80%AEden:example.org',
  'matrix://evil.example/r/garden:example.org',
  'matrix:e/event',
  'matrix:r/',
  'matrix:constructor/garden:example.org',
  'hearth:example.org',
  'hearth://',
  'hearth://user@example.org',
  'hearth://example.org/path',
  'hearth://example.org?at=192.168.1.7',
  'hearth://example.org?at=192.168.1.7:0',
  'hearth://example.org?at=192.168.1.7:8448/path',
  'hearth://example.org?at=a%20b:1',
  'javascript:alert(1)',
  `#${'a'.repeat(300)}:example.org`,
  `matrix:r/garden:example.org?${'x'.repeat(3_000)}`,
])('refuses %j', (text) => expect(parseAddress(text)).toBeUndefined())

test('keeps a few good servers of a link that names many', () => {
  const via = Array.from({ length: 50 }, (_, index) => `via=s${index}.example`).join('&')
  expect(parseAddress(`!abc:example.org?via=not%20one&${via}`)).toEqual(
    room('!abc:example.org', 's0.example', 's1.example', 's2.example', 's3.example', 's4.example'),
  )
})

test('what it writes it understands', () => {
  expect(parseAddress(hearthLink(`${key}.local`, '[fe80::1]:8448'))).toEqual(
    peer(`${key}.local`, '[fe80::1]:8448'),
  )
  expect(parseAddress(hearthLink('example.org', undefined))).toEqual(peer('example.org'))
  expect(parseAddress(roomLink('!abc:example.org', ['a.example', 'b.example:8448']))).toEqual(
    room('!abc:example.org', 'a.example', 'b.example:8448'),
  )
  expect(parseAddress(roomLink('!a/b?c#d', []))).toEqual(room('!a/b?c#d'))
})

test('knows a server name and a host with a port', () => {
  expect(['example.org', 'example.org:8448', '[::1]', '10.0.0.1:1'].every(isServerName)).toBe(true)
  expect(['', 'a b', 'a/b', 'a:b', 'a:0', 'a:70000', 'a@b'].some(isServerName)).toBe(false)
  expect(['192.168.1.7:8448', 'mia.local:443', '[fe80::1]:8448'].every(isHostPort)).toBe(true)
  expect(['192.168.1.7', ':8448', 'fe80::1:8448', 'a:0', 'http://a:1'].some(isHostPort)).toBe(false)
})

test('a link to a message names room and message, in both forms, and what we write we read', () => {
  const eventId = '$Zm9v_bar-1'
  expect(parseAddress(`https://matrix.to/#/!room:example.org/${eventId}?via=example.org`)).toMatchObject({
    kind: 'room',
    room: '!room:example.org',
    eventId,
    via: ['example.org'],
  })
  expect(parseAddress(eventLink('!room', eventId, ['a.org', 'b.org']))).toEqual({
    kind: 'room',
    room: '!room',
    eventId,
    via: ['a.org', 'b.org'],
  })
  expect(parseAddress('https://matrix.to/#/!room:example.org/not-an-event')).not.toHaveProperty('eventId')
})
