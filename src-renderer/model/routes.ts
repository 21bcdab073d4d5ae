/** Where the person is; the address is kept in the fragment, which never reaches a server. */
export type Route =
  | { page: 'home' }
  | { page: 'room'; roomId: string; eventId?: string }
  | { page: 'login'; loginToken: string | undefined }

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2)
  const [, page, id, event] = path.split('/')
  if (page === 'login')
    return { page: 'login', loginToken: new URLSearchParams(query).get('loginToken') ?? undefined }
  if (page === 'room' && id !== undefined && id !== '') {
    try {
      const roomId = decodeURIComponent(id)
      const eventId = event === undefined ? '' : decodeURIComponent(event)
      if (roomId.startsWith('!'))
        return { page: 'room', roomId, ...(eventId.startsWith('$') ? { eventId } : {}) }
    } catch {
      // A broken escape is an address typed by hand: home is the answer.
      return { page: 'home' }
    }
  }
  return { page: 'home' }
}

/** With an event, the conversation is opened there. */
export function roomHref(roomId: string, eventId?: string): string {
  const room = `#/room/${encodeURIComponent(roomId)}`
  return eventId === undefined ? room : `${room}/${encodeURIComponent(eventId)}`
}

export const HOME_HREF = '#/'
