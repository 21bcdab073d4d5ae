import { expect, test } from 'vitest'
import { arrangeRooms, searchRooms, totalUnread } from './rooms.ts'
import { parseRoute, roomHref } from './routes.ts'
import { person, room } from './testing.ts'

test('rooms are arranged by kind, the most recent first', () => {
  const lists = arrangeRooms([
    room('Old', { lastActivityTs: 1 }),
    room('Bo', { directWith: person('Bo'), lastActivityTs: 5 }),
    room('New', { lastActivityTs: 9 }),
    room('Asked', { membership: 'invite', directWith: person('Mia') }),
  ])
  expect(lists.invites.map((each) => each.name)).toEqual(['Asked'])
  expect(lists.direct.map((each) => each.name)).toEqual(['Bo'])
  expect(lists.rooms.map((each) => each.name)).toEqual(['New', 'Old'])
})

test('an invitation counts as one unread', () => {
  expect(totalUnread([room('A', { unread: 3 }), room('B', { membership: 'invite', unread: 7 })])).toBe(4)
})

test('a search finds all words and prefers beginnings', () => {
  const rooms = [room('Kitchen move'), room('Move planning'), room('Tea')]
  expect(searchRooms(rooms, 'mov').map((each) => each.name)).toEqual(['Kitchen move', 'Move planning'])
  expect(searchRooms(rooms, 'move kit').map((each) => each.name)).toEqual(['Kitchen move'])
  expect(searchRooms([room('Amo'), room('Mo')], 'mo').map((each) => each.name)).toEqual(['Mo', 'Amo'])
  expect(searchRooms(rooms, '')).toHaveLength(3)
})

test('routes survive any room id, and bad addresses lead home', () => {
  for (const roomId of ['!a:example.org', '!a/b?c#d%:[::1]:8448', '!2yDDMmJZ_no-domain']) {
    expect(parseRoute(roomHref(roomId))).toEqual({ page: 'room', roomId })
  }
  expect(parseRoute('#/login?loginToken=a%2Bb')).toEqual({ page: 'login', loginToken: 'a+b' })
  for (const bad of ['', '#', '#/room/', '#/room/%E0%A4%A', '#/room/nonsense']) {
    expect(parseRoute(bad)).toEqual({ page: 'home' })
  }
})

test('the rooms of a space stand under it in its order; a room in two spaces stands in both', () => {
  const [well, oven, inn] = ['well', 'oven', 'inn'].map((name) => room(name))
  const ids = [well, oven, inn].map((each) => each?.id ?? '')
  const village = room('village', {
    isSpace: true,
    children: [ids[1] ?? '', ids[0] ?? '', '!unknown:example.org'],
  })
  const crafts = room('crafts', { isSpace: true, children: [ids[1] ?? '', village.id] })
  const lists = arrangeRooms([village, crafts, ...[well, oven, inn].filter((each) => each !== undefined)])
  expect(lists.spaces.map(({ space, rooms }) => [space.name, ...rooms.map((each) => each.name)])).toEqual([
    ['crafts', 'oven'],
    ['village', 'oven', 'well'],
  ])
  expect(lists.rooms.map((each) => each.name)).toEqual(['inn'])
})

test('what one asked to come into is neither a room nor an invitation', () => {
  const lists = arrangeRooms([room('hall', { membership: 'knock' })])
  expect([lists.knocks.length, lists.rooms.length, lists.invites.length]).toEqual([1, 0, 0])
})
