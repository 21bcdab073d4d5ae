import { matcher } from '../core/glob.ts'
import { parseServerName } from '../core/ids.ts'
import type { EventId, JsonObject, RoomId, ServerName } from '../core/types.ts'
import type { RoomsContext } from './context.ts'

const compiled = new WeakMap<JsonObject, (server: ServerName) => boolean>()

/** Spec client-server-api, "Server Access Control Lists (ACLs) for rooms": may `server` take part now? */
export function aclAllows(ctx: RoomsContext, roomId: RoomId, server: ServerName): boolean {
  const event = ctx.store.currentStateEvent(roomId, 'm.room.server_acl', '')
  if (event === undefined) return true
  const { content } = event.pdu
  let check = compiled.get(content)
  if (check === undefined) {
    check = compileAcl(content)
    compiled.set(content, check)
  }
  return check(server)
}

/** The event that says who may take part. */
export function aclEvents(ctx: RoomsContext, roomId: RoomId): EventId[] {
  const event = ctx.store.currentStateEvent(roomId, 'm.room.server_acl', '')
  return event === undefined ? [] : [event.pdu.eventId]
}

/** The numbered steps are the specification's. */
export function compileAcl(content: JsonObject): (server: ServerName) => boolean {
  const allow = globs(content['allow'])
  const deny = globs(content['deny'])
  const ipLiterals = content['allow_ip_literals'] !== false
  return (server) => {
    const parsed = parseServerName(server)
    if (parsed === undefined) return false
    // 2. IP literals
    if (parsed.isIpLiteral && !ipLiterals) return false
    const host = parsed.host
    // 3. deny, 4. allow, 5. otherwise denied
    if (deny.some((glob) => glob(host))) return false
    return allow.some((glob) => glob(host))
  }
}

function globs(value: unknown): ((host: string) => boolean)[] {
  if (!Array.isArray(value)) return []
  return value
    .filter((glob) => typeof glob === 'string' && glob.length <= 300)
    .map((glob: string) => matcher(glob))
}
