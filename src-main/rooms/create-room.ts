import { DEFAULT_ROOM_VERSION, isRoomVersion, roomVersionRules } from '../core/room-versions.ts'
import type { JsonObject, Pdu, RoomAlias, RoomId, RoomVersionId, UserId } from '../core/types.ts'
import { parseRoomAlias, parseUserId } from '../core/ids.ts'
import { RoomError, type CreateRoomArgs } from './api.ts'
import { makePdu, sendInTransaction, type EventDraft } from './build-event.ts'
import { commit, type Effects } from './commit.ts'
import { isActive, isLocal, serverOf, type RoomsContext } from './context.ts'
import { deniedServer } from './denied-server.ts'
import { inviteUser } from './invite-user.ts'
import { memberContent } from './member-content.ts'
import { record } from './place-event.ts'

type Preset = NonNullable<CreateRoomArgs['preset']>

/**
 * Client-server `POST /createRoom`: the events in the specification's order, all in one transaction
 * with the invites of local users. Invites to other servers follow; where one fails the room remains,
 * and the failure is logged. Throws `RoomError`.
 */
export async function createRoom(ctx: RoomsContext, args: CreateRoomArgs): Promise<RoomId> {
  const version = args.roomVersion ?? DEFAULT_ROOM_VERSION
  if (!isRoomVersion(version)) {
    throw new RoomError(400, 'M_UNSUPPORTED_ROOM_VERSION', 'This server does not know that room version.')
  }
  const invites = [...new Set(args.invite ?? [])].filter((user) => user !== args.creator)
  for (const user of invites) {
    if (parseUserId(user) === undefined)
      throw new RoomError(400, 'M_INVALID_PARAM', `${user} is not a user id.`)
    if (isLocal(ctx, user) && !isActive(ctx, user)) {
      throw new RoomError(404, 'M_NOT_FOUND', `There is no ${user} here.`)
    }
    // Before there is a room that nobody can be invited to.
    if (!ctx.domainAllowed(serverOf(user))) throw deniedServer(serverOf(user))
  }
  const preset = args.preset ?? (args.visibility === 'public' ? 'public_chat' : 'private_chat')
  const alias = aliasFor(ctx, args)
  const roomId = ctx.log.run('create room', { user: args.creator, version }, () =>
    commit(ctx, (effects) => {
      const id = writeRoom(ctx, effects, args, version, preset, alias, invites)
      for (const user of invites.filter((invited) => isLocal(ctx, invited))) {
        inState(() => sendInTransaction(ctx, effects, id, inviteDraft(ctx, args, user)))
      }
      return id
    }),
  )
  for (const target of invites.filter((user) => !isLocal(ctx, user))) {
    try {
      await inviteUser(ctx, { roomId, sender: args.creator, target, isDirect: args.isDirect ?? false })
    } catch (error) {
      if (!(error instanceof RoomError)) throw error
      ctx.log.note('invite failed', { room: roomId, user: target, reason: error.message }, 'warn')
    }
  }
  return roomId
}

function aliasFor(ctx: RoomsContext, args: CreateRoomArgs): RoomAlias | undefined {
  if (args.aliasLocalpart === undefined) return undefined
  const parsed = parseRoomAlias(`#${args.aliasLocalpart}:${ctx.serverName}`)
  if (parsed === undefined) throw new RoomError(400, 'M_INVALID_PARAM', 'This is not a room alias.')
  if (ctx.store.alias(parsed.alias) !== undefined) {
    throw new RoomError(400, 'M_ROOM_IN_USE', `The alias ${parsed.alias} is taken.`)
  }
  return parsed.alias
}

/** Steps 1 to 7 of a new room, in the caller's transaction. */
export function writeRoom(
  ctx: RoomsContext,
  effects: Effects,
  args: CreateRoomArgs,
  version: RoomVersionId,
  preset: Preset,
  alias: RoomAlias | undefined,
  invites: readonly UserId[],
): RoomId {
  const { creator } = args
  const rules = roomVersionRules(version)
  // 1. m.room.create
  const trusted = preset === 'trusted_private_chat' ? invites : []
  const content = createContent(args, version, trusted)
  let originServerTs = ctx.clock.now()
  const makeCreate = (): Pdu =>
    makePdu(
      ctx,
      {
        roomId: rules.roomIdIsCreateHash
          ? undefined
          : (`!${ctx.random.token(18)}:${ctx.serverName}` as RoomId),
        version,
      },
      { type: 'm.room.create', stateKey: '', sender: creator, content, originServerTs },
      { prevEvents: [], authEvents: [], depth: 1 },
    )
  let create = makeCreate()
  // From version 12 on the id is a hash: two rooms made alike in one millisecond would be one.
  while (ctx.store.getRoom(create.roomId) !== undefined) {
    originServerTs++
    create = makeCreate()
  }
  const { roomId } = create
  const room = { roomId, version, currentState: 0, participating: true }
  ctx.store.insertRoom(room)
  record(ctx, effects, room, create, 0, { status: 'accepted', reason: undefined })

  const send = (draft: Omit<EventDraft, 'sender'>): void => {
    inState(() => sendInTransaction(ctx, effects, roomId, { ...draft, sender: creator }))
  }
  const state = (type: string, content: JsonObject): void => send({ type, stateKey: '', content })

  // 2. The creator joins
  send({
    type: 'm.room.member',
    stateKey: creator,
    content: memberContent(ctx, creator, 'join', args.isDirect === true ? { is_direct: true } : {}),
  })
  // 3. Power levels
  state('m.room.power_levels', powerLevels(args, rules.privilegedCreators, trusted))
  // 4. Alias
  if (alias !== undefined) {
    ctx.store.putAlias(alias, roomId, creator)
    state('m.room.canonical_alias', { alias })
  }
  // 5. Preset, 6. initial state (which takes precedence), 7. name and topic (which do so over it)
  const given = new Set((args.initialState ?? []).map((event) => `${event.type}\n${event.stateKey}`))
  for (const [type, content] of presetState(preset)) if (!given.has(`${type}\n`)) state(type, content)
  for (const event of args.initialState ?? []) {
    send({ type: event.type, stateKey: event.stateKey, content: event.content })
  }
  if (args.name !== undefined) state('m.room.name', { name: args.name })
  if (args.topic !== undefined) {
    state('m.room.topic', {
      topic: args.topic,
      'm.topic': { 'm.text': [{ body: args.topic, mimetype: 'text/plain' }] },
    })
  }
  if (args.visibility === 'public') ctx.store.setPublic(roomId, true)
  // 8. Invites are the caller's.
  return roomId
}

/** The room as asked for contradicts itself: that is the request's fault, not a missing permission. */
function inState<T>(fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    if (error instanceof RoomError && error.errcode === 'M_FORBIDDEN') {
      throw new RoomError(400, 'M_INVALID_ROOM_STATE', error.message)
    }
    throw error
  }
}

function inviteDraft(ctx: RoomsContext, args: CreateRoomArgs, user: UserId): EventDraft {
  return {
    type: 'm.room.member',
    stateKey: user,
    sender: args.creator,
    content: memberContent(ctx, user, 'invite', args.isDirect === true ? { is_direct: true } : {}),
  }
}

function createContent(args: CreateRoomArgs, version: RoomVersionId, trusted: readonly UserId[]): JsonObject {
  const rules = roomVersionRules(version)
  const content: JsonObject = { ...args.creationContent, room_version: version }
  if (rules.creatorIsSender) delete content['creator']
  else content['creator'] = args.creator
  if (rules.privilegedCreators && trusted.length > 0) {
    const asked = content['additional_creators']
    content['additional_creators'] = [...new Set([...(Array.isArray(asked) ? asked : []), ...trusted])]
  }
  return content
}

function powerLevels(
  args: CreateRoomArgs,
  privilegedCreators: boolean,
  trusted: readonly UserId[],
): JsonObject {
  const users: JsonObject = privilegedCreators
    ? {}
    : Object.fromEntries([args.creator, ...trusted].map((user) => [user, 100]))
  return {
    users,
    users_default: 0,
    events: {
      'm.room.name': 50,
      'm.room.power_levels': 100,
      'm.room.history_visibility': 100,
      'm.room.canonical_alias': 50,
      'm.room.avatar': 50,
      'm.room.tombstone': privilegedCreators ? 150 : 100,
      'm.room.server_acl': 100,
      'm.room.encryption': 100,
    },
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: 0,
    ...args.powerLevelOverride,
  }
}

function presetState(preset: Preset): [string, JsonObject][] {
  const isPublic = preset === 'public_chat'
  return [
    ['m.room.join_rules', { join_rule: isPublic ? 'public' : 'invite' }],
    ['m.room.history_visibility', { history_visibility: 'shared' }],
    ['m.room.guest_access', { guest_access: isPublic ? 'forbidden' : 'can_join' }],
  ]
}
