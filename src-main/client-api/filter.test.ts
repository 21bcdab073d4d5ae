import { expect, test } from 'vitest'
import type { JsonObject, Pdu } from '../core/types.ts'
import { parseFilter, passesFilter, passesRoomFilter, pickFields } from './filter.ts'

const event = (type: string, more: JsonObject = {}): Pdu =>
  ({ type, sender: '@a:one.test', roomId: '!r:one.test', content: {}, ...more }) as unknown as Pdu

test('types match with wildcards, and exclusion wins', () => {
  const filter = { types: ['m.room.*', 'test.*.end'], not_types: ['m.room.member'] }
  const passing = ['m.room.message', 'm.room.member', 'test.a.b.end', 'test.end', 'other'].filter((type) =>
    passesFilter(filter, type),
  )
  expect(passing).toEqual(['m.room.message', 'test.a.b.end'])
})

test('an empty list lets nothing through; a missing one everything', () => {
  expect(passesFilter({ types: [] }, 'm.room.message')).toBe(false)
  expect(passesFilter({}, 'm.room.message')).toBe(true)
  expect(passesFilter({ senders: ['@b:one.test'] }, 'm.room.message', '@a:one.test')).toBe(false)
})

test('rooms and urls', () => {
  expect(passesRoomFilter({ rooms: ['!other:one.test'] }, event('m.room.message'))).toBe(false)
  expect(passesRoomFilter({ not_rooms: ['!r:one.test'] }, event('m.room.message'))).toBe(false)
  const image = event('m.room.message', { content: { url: 'mxc://a/b' } })
  expect(passesRoomFilter({ contains_url: true }, image)).toBe(true)
  expect(passesRoomFilter({ contains_url: false }, image)).toBe(false)
})

test('fields are picked by path', () => {
  const json = { type: 't', content: { body: 'b', other: 1 }, sender: '@a' }
  expect(pickFields(json, ['type', 'content.body', 'content.none', '__proto__.x'])).toEqual({
    type: 't',
    content: { body: 'b' },
  })
})

test('a filter of the wrong shape names its field', () => {
  expect(() => parseFilter({ room: { timeline: { limit: 'x' } } })).toThrow(/room\.timeline\.limit/)
})
