/**
 * Addresses that people type, paste or click: Matrix ids, `https://matrix.to` and `matrix:` links
 * (appendices, "URIs"), and Hearth's own `hearth:` links. All of them are hostile input: whatever is not
 * exactly one of these forms is undefined, and nothing here decides to act on one.
 */
export type Address =
  | {
      readonly kind: 'room'
      readonly room: string
      readonly via: readonly string[]
      /** One message of the room. */
      readonly eventId?: string
    }
  | { readonly kind: 'person'; readonly userId: string }
  | { readonly kind: 'peer'; readonly serverName: string; readonly at: string | undefined }

const LONGEST_LINK = 2_048
const LONGEST_ID = 255
const MOST_VIA = 5

const SERVER_NAME = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::(\d{1,5}))?$/u
const HOST_PORT = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255}):(\d{1,5})$/u
// Spaces, and characters that are not seen or turn the direction of writing, could hide what an address is.
const UNSEEN = /[\s\p{C}]/u

export function isServerName(text: string): boolean {
  const match = SERVER_NAME.exec(text)
  return match !== null && text.length <= LONGEST_ID && isPort(match[1] ?? '1')
}

/** `host:port`, with brackets around an IPv6 address. */
export function isHostPort(text: string): boolean {
  const match = HOST_PORT.exec(text)
  return match !== null && text.length <= LONGEST_ID && isPort(match[1] ?? '')
}

export function parseAddress(input: string): Address | undefined {
  const text = input.trim()
  if (text === '' || text.length > LONGEST_LINK || UNSEEN.test(text)) return undefined
  const scheme = /^([a-z][a-z.]*):/iu.exec(text)?.[1]?.toLowerCase()
  if (scheme === 'matrix') return parseMatrixUri(text.slice('matrix:'.length))
  if (scheme === 'hearth') return parseHearthLink(text.slice('hearth:'.length))
  const matrixTo = /^https?:\/\/matrix\.to\/#\//iu.exec(text)
  if (matrixTo !== null) return parseMatrixTo(text.slice(matrixTo[0].length))
  return parseIdWithVia(text)
}

/** The `hearth:` link by which another node finds this one where discovery does not. */
export function hearthLink(serverName: string, at: string | undefined): string {
  return `hearth://${serverName}${at === undefined ? '' : `?at=${at}`}`
}

/** The `matrix:` link to a room. Ids of room version 12 name no server, so those in the room are named. */
export function roomLink(roomId: string, via: readonly string[]): string {
  const query = via.slice(0, 3).map((server) => `via=${encodeURIComponent(server)}`)
  const path = `matrix:roomid/${encodePart(roomId.slice(1))}`
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

/** The `https://matrix.to` link to a room or a person, for where a `matrix:` link is not understood. */
export function matrixToLink(id: string, via: readonly string[] = []): string {
  const query = via.slice(0, 3).map((server) => `via=${encodeURIComponent(server)}`)
  return `https://matrix.to/#/${encodePart(id)}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

/** The `matrix:` link to one message of a room. */
export function eventLink(roomId: string, eventId: string, via: readonly string[]): string {
  const [path, query] = splitOnce(roomLink(roomId, via), '?')
  const event = `${path}/e/${encodePart(eventId.slice(1))}`
  return query === '' ? event : `${event}?${query}`
}

function encodePart(id: string): string {
  return encodeURIComponent(id).replaceAll('%3A', ':')
}

/** `!room:server?via=other`, as people cut it out of a link. */
function parseIdWithVia(text: string): Address | undefined {
  const [id, query] = splitOnce(text, '?')
  return fromId(id, query)
}

/** `https://matrix.to/#/<id>[/<event id>][?via=…]`, with the id percent-encoded or not. */
function parseMatrixTo(rest: string): Address | undefined {
  const [path, query] = splitOnce(rest, '?')
  const [first, second] = splitOnce(path, '/')
  const id = decode(first)
  return id === undefined ? undefined : fromId(id, query, decode(second))
}

const SIGILS: ReadonlyMap<string, string> = new Map([
  ['r', '#'],
  ['room', '#'],
  ['roomid', '!'],
  ['u', '@'],
  ['user', '@'],
])

/** `matrix:r/alias:server`, `matrix:roomid/id[:server][/e/…]?via=…`, `matrix:u/name:server`. */
function parseMatrixUri(rest: string): Address | undefined {
  // An authority part is reserved by the specification, and nothing is known of what it would mean.
  if (rest.startsWith('/')) return undefined
  const [whole] = splitOnce(rest, '#')
  const [path, query] = splitOnce(whole, '?')
  const [type, after] = splitOnce(path, '/')
  const [id, below] = splitOnce(after, '/')
  const [kind, event] = splitOnce(below, '/')
  const sigil = SIGILS.get(type.toLowerCase())
  const decoded = decode(id)
  if (sigil === undefined || decoded === undefined || decoded === '') return undefined
  const isEvent = (kind === 'e' || kind === 'event') && event !== ''
  return fromId(sigil + decoded, query, isEvent ? `$${decode(event) ?? ''}` : undefined)
}

/** `hearth://<server name>[?at=<host:port>]`. */
function parseHearthLink(rest: string): Address | undefined {
  if (!rest.startsWith('//')) return undefined
  const [name, query] = splitOnce(rest.slice(2), '?')
  const serverName = name.replace(/\/$/u, '')
  if (!isServerName(serverName)) return undefined
  const at = new URLSearchParams(query).get('at') ?? undefined
  // A link with a wrong address is not half right: what it would lead to is not known.
  if (at !== undefined && !isHostPort(at)) return undefined
  return { kind: 'peer', serverName, at }
}

function fromId(id: string, query: string, event?: string): Address | undefined {
  if (id.length < 2 || id.length > LONGEST_ID || UNSEEN.test(id)) return undefined
  const colon = id.indexOf(':')
  const named = colon > 0 && isServerName(id.slice(colon + 1))
  if (id.startsWith('@')) return named ? { kind: 'person', userId: id } : undefined
  const isRoom = id.startsWith('#') ? named && colon > 1 : id.startsWith('!') && (named || colon === -1)
  if (!isRoom) return undefined
  const via = new URLSearchParams(query).getAll('via').filter(isServerName)
  const isEvent = event !== undefined && /^\$[\w+/.:~-]{1,254}$/u.test(event)
  return {
    kind: 'room',
    room: id,
    via: [...new Set(via)].slice(0, MOST_VIA),
    ...(isEvent ? { eventId: event } : {}),
  }
}

function isPort(text: string): boolean {
  const port = Number(text)
  return port >= 1 && port <= 65_535
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at)
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A broken escape.
    return undefined
  }
}
