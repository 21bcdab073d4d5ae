import { own, without } from '../core/json.ts'
import { parseUserId } from '../core/ids.ts'
import { creatorsOf, powerLevelsOf } from '../core/power-levels.ts'
import { isRoomVersion, roomVersionRules } from '../core/room-versions.ts'
import { splitStateKey, type JsonObject, type RoomAlias, type RoomId, type UserId } from '../core/types.ts'
import { RoomError, type CreateRoomArgs, type UpgradeArgs } from './api.ts'
import { buildEvent, sendInTransaction, sendNow, type EventDraft } from './build-event.ts'
import { commit, type Effects } from './commit.ts'
import { participatingRoom, rulesOf, type RoomsContext } from './context.ts'
import { writeRoom } from './create-room.ts'
import { ifAllowed } from './if-allowed.ts'
import { record } from './place-event.ts'
import type { RoomRecord } from './ports.ts'
import { lookupIn } from './room-state.ts'
import { asksPolicyServer, sendRecommended } from './send-recommended.ts'
import { highestLevel, levelsForVersion } from './upgrade-levels.ts'

/** State that the new room takes over (client-server "Room Upgrades", server behaviour, 3). */
const CARRIED = [
  'm.room.server_acl',
  'm.room.encryption',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.guest_access',
  'm.room.history_visibility',
  'm.room.join_rules',
] as const
const MAX_BANS = 1_000
const MAX_CHILDREN = 1_000

/**
 * Client-server `POST /rooms/{roomId}/upgrade`, in one transaction where no policy server is to be asked: there
 * is a new room and the old one points to it, or nothing has happened. The numbers are the specification's. Throws `RoomError`.
 */
export async function upgradeRoom(ctx: RoomsContext, args: UpgradeArgs): Promise<RoomId> {
  const { user, roomId, version } = args
  const room = participatingRoom(ctx, roomId)
  if (!isRoomVersion(version)) {
    throw new RoomError(400, 'M_UNSUPPORTED_ROOM_VERSION', 'This server does not know that room version.')
  }
  const creators = roomVersionRules(version).privilegedCreators ? args.additionalCreators : []
  if (creators.some((creator) => parseUserId(creator) === undefined)) {
    throw new RoomError(400, 'M_INVALID_PARAM', 'additional_creators are user ids.')
  }
  // 1. May they?
  checkMayReplace(ctx, room, user)
  const asksFirst = asksPolicyServer(ctx, roomId, stateDraft(user, 'm.room.tombstone', {}))
  return ctx.log.run('upgrade room', { room: roomId, user, version }, async () => {
    const { replacement, farewell } = commit(ctx, (effects) => {
      // 2. The new room, with 3. the state that goes with it
      const made = writeReplacement(ctx, effects, room, { ...args, version }, creators)
      takeOverBans(ctx, effects, roomId, made, user)
      const last = lastWords(ctx, room, made, user)
      if (!asksFirst) {
        move(ctx, effects, roomId, made, user)
        const [tombstone, ...others] = last
        sendInTransaction(ctx, effects, roomId, tombstone)
        for (const draft of others) ifAllowed(ctx, () => sendInTransaction(ctx, effects, roomId, draft))
      }
      return { replacement: made, farewell: last }
    })
    if (asksFirst) await takeLeave(ctx, roomId, replacement, user, farewell)
    return replacement
  })
}

/** With a policy server in between, whose answer no transaction can wait for. */
async function takeLeave(
  ctx: RoomsContext,
  from: RoomId,
  to: RoomId,
  user: UserId,
  [tombstone, ...others]: FarewellDrafts,
): Promise<void> {
  try {
    await sendRecommended(ctx, from, tombstone)
  } catch (error) {
    // Nobody will find the new room: it must not stay as a stray.
    const content = { membership: 'leave' }
    sendNow(ctx, to, { type: 'm.room.member', stateKey: user, sender: user, content })
    throw error
  }
  commit(ctx, (effects) => move(ctx, effects, from, to, user))
  for (const draft of others) {
    try {
      await sendRecommended(ctx, from, draft)
    } catch (error) {
      if (!(error instanceof RoomError)) throw error
    }
  }
}

/** 4. Aliases, and the place in the directory. */
function move(ctx: RoomsContext, effects: Effects, from: RoomId, to: RoomId, user: UserId): void {
  const { store } = ctx
  const shown = shownAliases(ctx, from, true)
  for (const alias of store.aliasesOf(from)) store.putAlias(alias, to, store.alias(alias)?.creator ?? user)
  if (shown !== undefined && Object.keys(shown).length > 0) {
    ifAllowed(ctx, () =>
      sendInTransaction(ctx, effects, to, stateDraft(user, 'm.room.canonical_alias', shown)),
    )
  }
  if (!store.isPublic(from)) return
  store.setPublic(to, true)
  store.setPublic(from, false)
}

type FarewellDrafts = readonly [EventDraft, ...EventDraft[]]

/** What the old room is told: 5. the tombstone; what addresses it has left; 6. that nobody should go on talking. */
function lastWords(
  ctx: RoomsContext,
  { roomId }: RoomRecord,
  replacement: RoomId,
  user: UserId,
): FarewellDrafts {
  const tombstone = { body: 'This room has been replaced', replacement_room: replacement }
  const aliases = shownAliases(ctx, roomId, false)
  const isLessShown = aliases !== undefined && Object.keys(shownAliases(ctx, roomId, true) ?? {}).length > 0
  const levels = contentOf(ctx, roomId, 'm.room.power_levels')
  const usersDefault = typeof levels?.['users_default'] === 'number' ? levels['users_default'] : 0
  const level = Math.max(50, usersDefault + 1)
  const locked = { ...levels, events_default: level, invite: level }
  return [
    stateDraft(user, 'm.room.tombstone', tombstone),
    ...(isLessShown ? [stateDraft(user, 'm.room.canonical_alias', aliases)] : []),
    ...(levels === undefined ? [] : [stateDraft(user, 'm.room.power_levels', locked)]),
  ]
}

/** The canonical alias event with only those aliases that are this server's, and so move, or only the others. */
function shownAliases(ctx: RoomsContext, roomId: RoomId, moving: boolean): JsonObject | undefined {
  const shown = contentOf(ctx, roomId, 'm.room.canonical_alias')
  if (shown === undefined) return undefined
  const own = ctx.store.aliasesOf(roomId)
  const isWanted = (alias: unknown): boolean =>
    typeof alias === 'string' && own.includes(alias as RoomAlias) === moving
  const { alias, alt_aliases: others } = shown
  const rest = (Array.isArray(others) ? others : []).filter(isWanted)
  return {
    ...(alias !== undefined && isWanted(alias) ? { alias } : {}),
    ...(rest.length === 0 ? {} : { alt_aliases: rest }),
  }
}

const stateDraft = (sender: UserId, type: string, content: JsonObject, stateKey = ''): EventDraft => ({
  type,
  stateKey,
  sender,
  content,
})

const contentOf = (ctx: RoomsContext, roomId: RoomId, type: string): JsonObject | undefined =>
  ctx.store.currentStateEvent(roomId, type, '')?.pdu.content

function checkMayReplace(ctx: RoomsContext, room: RoomRecord, user: UserId): void {
  if (ctx.store.member(room.roomId, user)?.membership !== 'join') {
    throw new RoomError(403, 'M_FORBIDDEN', 'You are not in this room.')
  }
  const state = lookupIn(ctx, ctx.store.currentStateMap(room.roomId))
  const levels = powerLevelsOf(
    state('m.room.power_levels', '')?.content,
    state('m.room.create', ''),
    rulesOf(room),
  )
  if (levels.userLevel(user) < levels.eventLevel('m.room.tombstone', true)) {
    throw new RoomError(403, 'M_FORBIDDEN', 'Your role does not allow you to replace this room.')
  }
}

function writeReplacement(
  ctx: RoomsContext,
  effects: Effects,
  room: RoomRecord,
  args: UpgradeArgs & { version: RoomRecord['version'] },
  creators: readonly string[],
): RoomId {
  const { roomId } = room
  const rules = roomVersionRules(args.version)
  const create = ctx.store.currentStateEvent(roomId, 'm.room.create', '')?.pdu
  const former = create === undefined ? [] : creatorsOf(create, rulesOf(room))
  const old = create?.content ?? {}
  const last = ctx.store.forwardExtremities(roomId).toSorted((a, b) => b.depth - a.depth)[0]
  const levels = contentOf(ctx, roomId, 'm.room.power_levels')
  const initialState: NonNullable<CreateRoomArgs['initialState']>[number][] = CARRIED.flatMap((type) => {
    const content = contentOf(ctx, roomId, type)
    return content === undefined ? [] : [{ type, stateKey: '', content }]
  })
  // None means that guests are kept out, where a new room of this preset would let them in.
  if (contentOf(ctx, roomId, 'm.room.guest_access') === undefined) {
    initialState.push({ type: 'm.room.guest_access', stateKey: '', content: { guest_access: 'forbidden' } })
  }
  if (old['type'] === 'm.space') initialState.push(...spaceChildren(ctx, roomId))
  // Last, as with it the creator's own level may become too low for the others.
  if (levels !== undefined) {
    const content = levelsForVersion(levels, rulesOf(room), rules, [args.user, ...creators], former)
    initialState.push({ type: 'm.room.power_levels', stateKey: '', content })
  }
  const creationContent: JsonObject = {
    ...without(old, 'creator', 'room_version', 'additional_creators', 'predecessor'),
    predecessor: { room_id: roomId, ...(last === undefined ? {} : { event_id: last.eventId }) },
    ...(creators.length === 0 ? {} : { additional_creators: [...new Set(creators)] }),
  }
  const top = Math.max(100, levels === undefined ? 100 : highestLevel(levels, rulesOf(room)))
  const replacement: CreateRoomArgs = {
    creator: args.user,
    creationContent,
    initialState,
    ...(rules.privilegedCreators ? {} : { powerLevelOverride: { users: { [args.user]: top } } }),
  }
  return writeRoom(ctx, effects, replacement, args.version, 'private_chat', undefined, [])
}

function spaceChildren(
  ctx: RoomsContext,
  roomId: RoomId,
): { type: string; stateKey: string; content: JsonObject }[] {
  const ids = [...ctx.store.currentStateMap(roomId)].flatMap(([key, id]) =>
    splitStateKey(key).type === 'm.space.child' ? [id] : [],
  )
  return ctx.store
    .getEvents(ids)
    .filter(({ pdu }) => Array.isArray(pdu.content['via']))
    .slice(0, MAX_CHILDREN)
    .map(({ pdu }) => ({ type: pdu.type, stateKey: pdu.stateKey ?? '', content: pdu.content }))
}

/** An upgrade is no amnesty. The banned people's servers are not told: the new room is none of theirs. */
function takeOverBans(ctx: RoomsContext, effects: Effects, from: RoomId, to: RoomId, sender: UserId): void {
  for (const { userId, eventId } of ctx.store.members(from, 'ban').slice(0, MAX_BANS)) {
    const reason = own(ctx.store.getEvent(eventId)?.pdu.content, 'reason')
    const content = { membership: 'ban', ...(typeof reason === 'string' ? { reason } : {}) }
    ifAllowed(ctx, () => {
      const room = participatingRoom(ctx, to)
      const { pdu, stateBefore } = buildEvent(ctx, room, stateDraft(sender, 'm.room.member', content, userId))
      record(ctx, effects, room, pdu, stateBefore, { status: 'accepted', reason: undefined })
    })
  }
}
