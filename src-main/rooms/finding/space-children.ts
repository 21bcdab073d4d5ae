import { isServerName, parseRoomId } from '../../core/ids.ts'
import { isObject, own, ownString } from '../../core/json.ts'
import {
  stateKeyOf,
  type EventId,
  type Json,
  type JsonObject,
  type RoomId,
  type ServerName,
} from '../../core/types.ts'
import type { RoomReader } from '../ports.ts'

/** Of one space; what is beyond is not shown. */
const MAX_CHILDREN = 500
const MAX_VIA = 5

export interface SpaceChild {
  readonly roomId: RoomId
  readonly via: readonly ServerName[]
  readonly suggested: boolean
  /** The stripped event, with `origin_server_ts`. */
  readonly json: JsonObject
}

const CHILD_PREFIX = stateKeyOf('m.space.child', '')

/** The children of a space that this server knows, in their order; a room that is no space has none. */
export function childrenOf(store: RoomReader, roomId: RoomId): SpaceChild[] {
  const create = store.currentStateEvent(roomId, 'm.room.create', '')
  if (create?.pdu.content['type'] !== 'm.space') return []
  const ids: EventId[] = []
  for (const [key, id] of store.currentStateMap(roomId)) if (key.startsWith(CHILD_PREFIX)) ids.push(id)
  return readChildren(
    store.getEvents(ids).map(({ pdu }) => ({
      type: pdu.type,
      sender: pdu.sender,
      state_key: pdu.stateKey ?? '',
      content: pdu.content,
      origin_server_ts: pdu.originServerTs,
    })),
  )
}

/** The valid ones of a space's `m.space.child` events, pruned, in the order of client-server "Ordering of children". */
export function readChildren(events: Json | undefined): SpaceChild[] {
  if (!Array.isArray(events)) return []
  const children = new Map<RoomId, SpaceChild & { order: string | undefined; ts: number }>()
  for (const event of events) {
    if (children.size >= MAX_CHILDREN) break
    const child = readChild(event)
    if (child !== undefined) children.set(child.roomId, child)
  }
  return [...children.values()].sort(compare)
}

function readChild(event: Json): (SpaceChild & { order: string | undefined; ts: number }) | undefined {
  const roomId = parseRoomId(own(event, 'state_key'))
  const content = own(event, 'content')
  const sender = ownString(event, 'sender')?.slice(0, 255)
  const via = own(content, 'via')
  if (roomId === undefined || ownString(event, 'type') !== 'm.space.child') return undefined
  // Without `via` the room was taken out of the space.
  if (!isObject(content) || !Array.isArray(via) || sender === undefined) return undefined
  const servers = via.filter(isServerName).slice(0, MAX_VIA)
  const given = own(event, 'origin_server_ts')
  const ts = typeof given === 'number' && Number.isSafeInteger(given) ? given : 0
  const asked = ownString(content, 'order')
  const order = asked !== undefined && /^[\x20-\x7e]{1,50}$/.test(asked) ? asked : undefined
  const suggested = own(content, 'suggested') === true
  const pruned: JsonObject = {
    via: servers,
    ...(order === undefined ? {} : { order }),
    ...(suggested ? { suggested } : {}),
  }
  return {
    roomId,
    via: servers,
    suggested,
    order,
    ts,
    json: { type: 'm.space.child', state_key: roomId, sender, content: pruned, origin_server_ts: ts },
  }
}

interface Place {
  readonly roomId: string
  readonly order: string | undefined
  readonly ts: number
}

function compare(a: Place, b: Place): number {
  if (a.order !== b.order) {
    if (a.order === undefined) return 1
    if (b.order === undefined) return -1
    return a.order < b.order ? -1 : 1
  }
  if (a.ts !== b.ts) return a.ts - b.ts
  return a.roomId < b.roomId ? -1 : 1
}
