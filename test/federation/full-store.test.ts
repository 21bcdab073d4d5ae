/** A database that can take no more while a room or its history is fetched, and then can again; in fake time. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RoomId } from '../../src-main/core/types.ts'
import type { TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople, type People } from '../harness/people.ts'

const MINUTE = 60_000
const LONG = 'x'.repeat(20_000)
let people: People
let { network, one, two, alice, bob } = {} as People

beforeEach(async () => {
  people = await startPeople(51)
  ;({ network, one, two, alice, bob } = people)
})

afterEach(() => network.stop())

function fillUp({ db }: TestNode): void {
  const pages = Number(db.get('PRAGMA page_count')?.['page_count'])
  db.get(`PRAGMA max_page_count = ${pages}`)
}

function makeRoom({ db }: TestNode): void {
  db.get('PRAGMA max_page_count = 1000000')
}

async function joinOnFullDisk(): Promise<RoomId> {
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  const filler = { roomId, sender: alice, type: 'org.example.filler', content: { text: LONG } }
  for (let n = 0; n < 20; n++) await one.rooms.sendEvent({ ...filler, stateKey: `${n}` })
  fillUp(two)
  const joining = network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await expect(joining).rejects.toMatchObject({ name: 'DiskFullError' })
  expect(two.store.getRoom(roomId)?.participating ?? false).toBe(false)
  expect(two.store.localMembership(bob, roomId)).toBeUndefined()
  // The other server has taken it.
  expect(one.membership(roomId, bob)).toBe('join')
  makeRoom(two)
  return roomId
}

test('a join that broke off on a full disk is taken back on the other server', async () => {
  const roomId = await joinOnFullDisk()
  await network.run(6 * MINUTE)
  expect(one.membership(roomId, bob)).toBe('leave')
  expect(two.store.getRoom(roomId)?.participating ?? false).toBe(false)
})

test('… unless one tries again', async () => {
  const roomId = await joinOnFullDisk()
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.run(6 * MINUTE)
  expect(one.membership(roomId, bob)).toBe('join')
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('a gap that could not be filled on a full disk is filled when there is room again, without anybody asking', async () => {
  const roomId = await roomOfBoth(people)
  await one.text(roomId, alice, 'before')
  await network.settle()
  network.wire.partition(one.name, two.name)
  await one.text(roomId, alice, 'hello?')
  await network.run(3_000)
  const texts = Array.from({ length: 250 }, (_, n) => `${n} ${LONG}`)
  for (const text of texts) await one.text(roomId, alice, text)
  network.wire.heal()
  network.wire.refused.add('backfill')
  const newest = texts.at(-1) ?? ''
  for (let n = 0; n < 1_000 && !two.bodies(roomId).includes(newest); n++) await network.run(10)
  expect(two.bodies(roomId)).toContain(newest)
  fillUp(two)
  network.wire.refused.clear()
  await network.run(5 * MINUTE)
  expect(two.bodies(roomId).length).toBeLessThan(texts.length)
  makeRoom(two)
  await network.run(2 * MINUTE)
  expect(two.bodies(roomId)).toEqual(['before', 'hello?', ...texts])
})
