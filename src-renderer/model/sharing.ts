import type { RoomDetail } from '../client/types.ts'
import { matrixToLink, roomLink } from './addresses.ts'
import { serverOfUser } from './people.ts'

/** Servers that are in the room, those with most of its people first ("Routing", appendices). */
export function routeServers(room: RoomDetail): string[] {
  const count = new Map<string, number>()
  for (const member of room.members) {
    if (member.membership !== 'join') continue
    const server = serverOfUser(member.userId)
    count.set(server, (count.get(server) ?? 0) + 1)
  }
  return [...count].toSorted((a, b) => b[1] - a[1]).map(([server]) => server)
}

/** What the dialog for sharing shows of a room or a space. */
export function shareRoom(room: RoomDetail) {
  const via = routeServers(room)
  const web = matrixToLink(room.id, via)
  return {
    title: `Share ${room.name}`,
    description:
      room.joinRule === 'public'
        ? 'Whoever has the link can join.'
        : 'Whoever has the link sees where to ask; the settings of the room decide who may join.',
    links: [
      {
        label: 'Link for Hearth',
        hint: 'Opens in Hearth and other Matrix apps.',
        value: roomLink(room.id, via),
      },
      { label: 'Web link', hint: 'Opens in a browser, which offers Matrix apps.', value: web },
    ],
    code: web,
  }
}
