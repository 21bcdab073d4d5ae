import { AUTH_EVENT_MISSING } from '../core/auth/by-auth-events.ts'
import { checkAuthRules } from '../core/auth-rules.ts'
import { ROOM_VERSIONS, roomVersionRules } from '../core/room-versions.ts'
import type { EventId, JsonObject, Pdu, RoomId, ServerName, StateMapKey, UserId } from '../core/types.ts'
import { stateKeyOf } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe } from '../trace/turns.ts'
import { RoomError } from './api.ts'
import { backfill } from './backfill.ts'
import { checkByAuthEvents } from './authorise.ts'
import { checkSignatures } from './check-pdu.ts'
import { commit } from './commit.ts'
import { inBackground, isHearsay, type RoomsContext } from './context.ts'
import { updateCurrentState } from './current-state.ts'
import { echoed, signTemplate } from './handshake.ts'
import { handshakeInTurn } from './handshake-in-turn.ts'
import { checkJoinAnswer, whatIsLacking, type CheckedAnswer } from './join-answer.ts'
import { writeOutliers, type RoomKey } from './outliers.ts'
import { RemoteError, TIMELINE_STEP } from './ports.ts'
import { receiveEvent } from './receive-event.ts'
import { isPlaced, lookupIn } from './room-state.ts'
import { whileThere } from './while-there.ts'

const FIRST_HISTORY = 20

/**
 * Server-server "Joining Rooms": the handshake with each server in turn until one succeeds, then the room
 * as it was told, checked, and written. Runs in the room's lane. Nothing is written of a join that breaks
 * off; `doubted` gets the servers that may have taken the join although it came to nothing here.
 * Throws `RoomError`.
 */
export async function joinThroughServers(
  ctx: RoomsContext,
  item: LogItem,
  roomId: RoomId,
  user: UserId,
  content: JsonObject,
  servers: readonly ServerName[],
  doubted: (servers: readonly ServerName[]) => void,
): Promise<void> {
  await joinThroughOne(ctx, item, roomId, user, content, servers, doubted)
  inBackground(ctx, 'first history', { room: roomId }, async () => {
    await backfill(ctx, roomId, undefined, FIRST_HISTORY)
  })
}

async function joinThroughOne(
  ctx: RoomsContext,
  item: LogItem,
  roomId: RoomId,
  user: UserId,
  content: JsonObject,
  servers: readonly ServerName[],
  doubted: (servers: readonly ServerName[]) => void,
): Promise<void> {
  const inDoubt: ServerName[] = []
  try {
    await handshakeInTurn(ctx, item, servers, {
      what: 'join',
      make: (server) => ctx.remote.makeJoin(server, roomId, user, ROOM_VERSIONS),
      send: async (server, template) => {
        const join = signTemplate(ctx, template, { roomId, user, membership: 'join', content })
        try {
          await item.wrap('join', { server }, (step) => joinThrough(ctx, step, server, roomId, join))
        } catch (error) {
          if (!isRefusal(error)) inDoubt.push(server)
          throw error
        }
      },
    })
  } catch (error) {
    // Whatever broke it off, a full disk of ours too: there it may be done.
    if (inDoubt.length > 0) doubted(inDoubt)
    throw error
  }
}

/** The other server has answered, and has not taken the join. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof RemoteError && error.status !== undefined && error.status >= 400 && error.status < 500
  )
}

async function joinThrough(
  ctx: RoomsContext,
  item: LogItem,
  server: ServerName,
  roomId: RoomId,
  join: Pdu,
): Promise<void> {
  const room: RoomKey = { roomId, version: join.roomVersion }
  ctx.joining.set(roomId, join.roomVersion)
  const { promise: inUse, resolve: letGo } = Promise.withResolvers<void>()
  try {
    const answer = await item.wrap('send_join', { event: join.eventId }, () =>
      whileThere(ctx, server, (signal) => ctx.remote.sendJoin(server, roomId, join, { signal, inUse })),
    )
    const event = echoed(join, answer.event)
    await checkOwnJoin(ctx, event)
    const known = ctx.store.getRoom(roomId)
    if (known?.participating === true) {
      // It may need another large answer of the same server.
      letGo()
      await joinKnownRoom(ctx, item, room, server, event)
      return
    }
    const counts = { state: answer.state.length, chain: answer.authChain.length }
    const checked = await item.wrap('check state', counts, (step) =>
      checkJoinAnswer(ctx, step, room, server, answer),
    )
    prepareRoom(ctx, room)
    await item.wrap('write state', { events: checked.passed.length }, (step) =>
      writeOutliers(ctx, step, room, server, checked.passed),
    )
    await breathe()
    item.wrap('commit join', {}, (step) => commitJoin(ctx, step, room, event, checked))
  } finally {
    letGo()
    ctx.joining.delete(roomId)
  }
}

/** A restricted join has to come back with the signature of the server that authorised it. */
async function checkOwnJoin(ctx: RoomsContext, join: Pdu): Promise<void> {
  const checked = await checkSignatures(ctx, join)
  if (checked.result !== 'ok') {
    throw new RoomError(
      502,
      'M_UNKNOWN',
      `The join came back without the signatures it needs: ${checked.reason}.`,
    )
  }
}

/** We are in the room, and only needed another server's authority. */
async function joinKnownRoom(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  join: Pdu,
): Promise<void> {
  const received = await receiveEvent(ctx, item, room, server, join)
  if (received.status === 'accepted' || received.status === 'known') return
  throw new RoomError(403, 'M_FORBIDDEN', received.reason ?? 'The room does not allow this join.')
}

function prepareRoom(ctx: RoomsContext, room: RoomKey): void {
  const known = ctx.store.getRoom(room.roomId)
  if (known !== undefined && known.version === room.version) return
  if (!isHearsay(known)) {
    throw new RoomError(502, 'M_UNKNOWN', 'The room has another version than it had before.')
  }
  commit(ctx, () => ctx.store.insertRoom({ ...room, currentState: 0, participating: false }))
}

/** The room as of the join, in one transaction: state, join event, extremity, memberships, gaps. */
function commitJoin(ctx: RoomsContext, item: LogItem, room: RoomKey, join: Pdu, answer: CheckedAnswer): void {
  const { store } = ctx
  const rules = roomVersionRules(room.version)
  const state = new Map<StateMapKey, EventId>()
  for (const { key, id } of answer.state) {
    const event = store.getEvent(id)
    if (event === undefined || event.status === 'rejected') {
      item.note('state event left out', { event: id, reason: event?.reason ?? 'not valid' }, 'info')
    } else if (state.has(key)) {
      item.note('state event left out', { event: id, reason: 'another has its place' }, 'info')
    } else state.set(key, id)
  }
  commit(ctx, (effects) => {
    const byAuthEvents = checkByAuthEvents(ctx, join, rules)
    const decision =
      byAuthEvents.verdict === 'reject' ? byAuthEvents : checkAuthRules(join, rules, lookupIn(ctx, state))
    if (decision.verdict === 'reject') {
      if (decision.rule === AUTH_EVENT_MISSING) throw whatIsLacking(ctx, answer, join.authEvents)
      throw new RoomError(502, 'M_UNKNOWN', `The room's state does not allow the join: ${decision.reason}`)
    }
    const known = store.getRoom(room.roomId)
    if (known === undefined) throw new Error('the room was prepared')
    const before = store.putStateMap(room.roomId, state, known.currentState)
    const after = store.addStateGroup(
      room.roomId,
      before,
      new Map([[stateKeyOf(join.type, join.stateKey ?? ''), join.eventId]]),
    )
    const timelinePos = (store.highestTimelinePos(room.roomId) ?? 0) + TIMELINE_STEP
    store.insertEvent({
      pdu: join,
      status: 'accepted',
      stateBefore: before,
      stateAfter: after,
      streamPos: store.nextStreamPos(),
      timelinePos,
      receivedTs: ctx.clock.now(),
    })
    for (const missing of join.prevEvents) {
      if (!isPlaced(store.getEvent(missing))) {
        store.addGap(room.roomId, { eventId: join.eventId, missing, timelinePos })
      }
    }
    store.setForwardExtremities(room.roomId, [join.eventId])
    store.updateRoom(room.roomId, { participating: true })
    updateCurrentState(ctx, effects, { ...known, participating: true }, after)
  })
}
