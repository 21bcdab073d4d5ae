/** Where the person is; the address is kept in the fragment, which never reaches a server. */
export type Route =
  | { page: 'home' }
  | { page: 'room'; roomId: string }
  | { page: 'login'; loginToken: string | undefined }

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2)
  const [, page, id] = path.split('/')
  if (page === 'login')
    return { page: 'login', loginToken: new URLSearchParams(query).get('loginToken') ?? undefined }
  if (page === 'room' && id !== undefined && id !== '') {
    try {
      const roomId = decodeURIComponent(id)
      if (roomId.startsWith('!')) return { page: 'room', roomId }
    } catch {
      // A broken escape is an address typed by hand: home is the answer.
      return { page: 'home' }
    }
  }
  return { page: 'home' }
}

export function roomHref(roomId: string): string {
  return `#/room/${encodeURIComponent(roomId)}`
}

export const HOME_HREF = '#/'
