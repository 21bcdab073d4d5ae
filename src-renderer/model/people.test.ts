import { expect, test } from 'vitest'
import type { NearbySnapshot, Peer } from '../client/types.ts'
import {
  describeDeniedBy,
  describeReachability,
  describeTyping,
  nearbyPeople,
  serverOfUser,
} from './people.ts'
import { detail, person, room } from './testing.ts'

const peer = (name: string, change: Partial<Peer> = {}): Peer => ({
  serverName: `${name.toLowerCase()}.example`,
  ownerUserId: `@owner:${name.toLowerCase()}.example`,
  displayName: name,
  fingerprint: name.toLowerCase().padEnd(8, 'x'),
  reachable: true,
  lastSeenTs: 0,
  queuedEvents: 0,
  denied: false,
  ...change,
})
const nearby = (...peers: Peer[]): NearbySnapshot => ({ status: 'ready', peers })
const member = (name: string) => ({
  ...person(name),
  userId: `@owner:${name.toLowerCase()}.example`,
  membership: 'join' as const,
  powerLevel: 0,
})
const den = detail('Den', { members: [member('Ann'), member('Mia'), member('Bo')] })
const me = '@owner:ann.example'

test('the server of a user may have a port', () => {
  expect(serverOfUser('@a:127.0.0.1:8448')).toBe('127.0.0.1:8448')
})

test('people who can be reached come first, and namesakes show their fingerprints', () => {
  const people = nearbyPeople(
    nearby(
      peer('Zoe', { reachable: false }),
      peer('Mia'),
      { ...peer('Mia2'), displayName: 'Mia' },
      peer('Bo'),
    ),
    [],
    0,
  )
  expect(people.map((each) => each.name)).toEqual(['Bo', 'Mia (mia2xxxx)', 'Mia (miaxxxxx)', 'Zoe'])
})

test('a person who announces no name is known from a conversation', () => {
  const rooms = [room('x', { directWith: { ...person('Mia'), userId: '@owner:mia.example' } })]
  const people = nearbyPeople(
    nearby({ ...peer('Mia'), displayName: undefined }, { ...peer('Bo'), displayName: undefined }),
    rooms,
    0,
  )
  expect(people.map((each) => each.name)).toEqual(['Mia', 'Someone (boxxxxxx)'])
})

test('says what is offline, and what waits for it', () => {
  const words = (...peers: Peer[]) => describeReachability(nearby(...peers), den, me)
  expect(words(peer('Mia'), peer('Bo'))).toBeUndefined()
  expect(words(peer('Mia', { reachable: false }))).toBe(
    'Mia’s computer is offline; messages will wait for it',
  )
  expect(words(peer('Mia', { reachable: false, queuedEvents: 1 }))).toBe(
    'Mia’s computer is offline; 1 message waits for it',
  )
  expect(words(peer('Mia', { reachable: false, queuedEvents: 3 }))).toBe(
    'Mia’s computer is offline; 3 messages wait for it',
  )
  expect(words(peer('Mia', { reachable: false }), peer('Bo', { reachable: false }))).toBe(
    'The computers of Mia and Bo are offline; messages wait for them',
  )
  expect(words(peer('Ann', { reachable: false }))).toBeUndefined()
  const denied = peer('Mia', { reachable: false, denied: true })
  expect(words(denied)).toBeUndefined()
  expect(nearbyPeople(nearby(denied), [], 0)[0]?.status).toBe('Not allowed by your settings')
})

test('says whose servers do not allow this one, instead of that they are offline', () => {
  const denying = (...names: string[]): NearbySnapshot => ({
    ...nearby(peer('Mia', { reachable: false })),
    deniedBy: names.map((name) => `${name}.example`),
  })
  expect(describeDeniedBy(denying(), den)).toBeUndefined()
  expect(describeDeniedBy(denying('zoe'), den)).toBeUndefined()
  expect(describeDeniedBy(denying('mia'), den)).toBe(
    'The server of Mia does not accept messages from this Hearth: its owner does not allow it. ' +
      'Your messages wait for them, and you may not see what they write.',
  )
  expect(describeDeniedBy(denying('mia', 'bo'), den)).toContain(
    'The servers of Mia and Bo do not accept messages from this Hearth: their owners do not allow it.',
  )
  const alone = detail('Mia', { members: [member('Ann')], directWith: member('Mia') })
  expect(describeDeniedBy(denying('mia'), alone)).toContain('Mia cannot be invited until that changes.')
  expect(describeReachability(denying('mia'), alone, me)).toBeUndefined()
  expect(describeReachability(denying('mia'), den, me)).toBeUndefined()
  expect(nearbyPeople(denying('mia'), [], 0)[0]?.status).toBe('Does not accept this Hearth')
})

test('who types', () => {
  expect(describeTyping([])).toBeUndefined()
  expect(describeTyping([person('Bo')])).toBe('Bo is typing…')
  expect(describeTyping([person('Bo'), person('Mia')])).toBe('Bo and Mia are typing…')
})
