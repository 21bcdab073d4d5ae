/** Where the person is; the address is kept in the fragment, which never reaches a server. */
export type Route =
  | { page: 'home' }
  | { page: 'room'; roomId: string; eventId?: string }
  /** `view` is none that exists where somebody typed it. */
  | { page: 'inspector'; view: string | undefined; args: string[]; query: URLSearchParams }
  | { page: 'login'; loginToken: string | undefined }

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2)
  const [, page, id, event, ...rest] = path.split('/')
  if (page === 'inspector') {
    try {
      const [view, ...args] = [id, event, ...rest].filter((part) => part !== undefined && part !== '')
      return {
        page,
        view,
        args: args.map((arg) => decodeURIComponent(arg ?? '')),
        query: new URLSearchParams(query),
      }
    } catch {
      // A broken escape is an address typed by hand: the first view is the answer.
      return { page, view: undefined, args: [], query: new URLSearchParams() }
    }
  }
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

/** A view of the inspector; its arguments (a room, an event, a server) and filters are part of the address. */
export function inspectorHref(
  view: string,
  args: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
): string {
  const words = new URLSearchParams(query).toString()
  const path = [INSPECTOR_HREF, view, ...args.map((arg) => encodeURIComponent(arg))].join('/')
  return words === '' ? path : `${path}?${words}`
}

export const INSPECTOR_HREF = '#/inspector'
