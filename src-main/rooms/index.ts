import type { JsonObject, ServerName } from '../core/types.ts'
import { isObject } from '../core/json.ts'
import { createAlias, deleteAlias, resolveAlias } from './aliases.ts'
import type { Rooms } from './api.ts'
import { NewsAsker } from './ask-for-news.ts'
import { backfill, openGaps } from './backfill.ts'
import { createContext, type RoomsDeps } from './context.ts'
import { createRoom } from './create-room.ts'
import { GapFiller } from './fill-gaps.ts'
import { fetchEvent, fetchIntoTimeline } from './fetch-event.ts'
import { eventStanding } from './event-standing.ts'
import { createFinding } from './finding/index.ts'
import { forgetRoom } from './forget-room.ts'
import { forgetFailures } from './history-memory.ts'
import { inviteUser } from './invite-user.ts'
import { joinRoom } from './join-room.ts'
import { knockRoom } from './knock-room.ts'
import { PendingLeaves } from './leaving/pending-leaves.ts'
import { leaveRoom } from './leave-room.ts'
import { makeMembership } from './make-membership.ts'
import { banUser, kickUser, unbanUser } from './moderate.ts'
import { traceRequest } from './refusals/trace-request.ts'
import { PresenceTracker } from './presence.ts'
import { putReceipt, receiveReceipts } from './receipts.ts'
import { eventNear } from './event-near.ts'
import { receiveInvite } from './receive-invite.ts'
import { receiveJoin, receiveKnock, receiveLeave } from './receive-membership.ts'
import { TransactionReceiver } from './receive-transaction.ts'
import { readAhead } from './read-ahead.ts'
import { redactEvent } from './redact-event.ts'
import { RoomRemover } from './remove-room.ts'
import { sendEvent } from './send-event.ts'
import {
  authChainOf,
  backfillForServer,
  eventForServer,
  eventNearForServer,
  missingEventsForServer,
  stateAt,
} from './serve-history.ts'
import { StagedQueue } from './staged-queue.ts'
import { exchangeThirdPartyInvite, thirdPartyBound } from './third-party-invites.ts'
import { Typing } from './typing.ts'
import { upgradeRoom } from './upgrade-room.ts'
import { resumeProfileUpdates, updateProfileInRooms } from './update-profile.ts'
import { canServerSee, canUserSee } from './visibility.ts'

export type { RoomsDeps } from './context.ts'
export * from './api.ts'

const STOP_PATIENCE_MS = 2_000

/** Binds the use cases to their ports. Call `resume` once at start, `stop` before the store is closed. */
export function createRooms(deps: RoomsDeps): Rooms {
  const ctx = createContext(deps)
  const gaps = new GapFiller(ctx)
  const queue = new StagedQueue(ctx, (roomId) => gaps.soon(roomId))
  const news = new NewsAsker(ctx, queue)
  const leaves = new PendingLeaves(ctx)
  const remover = new RoomRemover(ctx, leaves)
  const typing = new Typing(ctx)
  const presence = new PresenceTracker(ctx)
  const receiver = new TransactionReceiver(ctx, queue, receiveEdus)

  function receiveEdus(origin: ServerName, edus: readonly JsonObject[]): void {
    const receipts: JsonObject[] = []
    for (const { edu_type: type, content } of edus) {
      if (!isObject(content)) continue
      if (type === 'm.receipt') receipts.push(content)
      else if (type === 'm.typing') typing.receive(origin, content)
      else if (type === 'm.presence') presence.receive(origin, content)
    }
    receiveReceipts(ctx, origin, receipts)
  }

  async function idle(): Promise<void> {
    while (ctx.lanes.busy || ctx.historyLanes.busy || ctx.background.size > 0) {
      await ctx.lanes.idle()
      await ctx.historyLanes.idle()
      await Promise.all(ctx.background)
    }
  }

  return {
    createRoom: (args) => createRoom(ctx, args),
    upgradeRoom: (args) => upgradeRoom(ctx, args),
    sendEvent: (args) => sendEvent(ctx, args),
    joinRoom: (args) => joinRoom(ctx, leaves, args),
    knockRoom: (args) => knockRoom(ctx, args),
    leaveRoom: (args) => leaveRoom(ctx, leaves, args),
    inviteUser: (args) => inviteUser(ctx, args),
    kickUser: async (args) => kickUser(ctx, args),
    banUser: async (args) => banUser(ctx, args),
    unbanUser: async (args) => unbanUser(ctx, args),
    forgetRoom: (user, roomId) => forgetRoom(ctx, user, roomId),
    removeRoom: (args) => remover.remove(args),
    removeAllRooms: (user, redact) => remover.removeAll(user, redact),
    resumeRemovals: () => remover.resume(),
    redactEvent: (args) => redactEvent(ctx, args),
    resolveAlias: (alias) => resolveAlias(ctx, alias),
    createAlias: (alias, roomId, user) => createAlias(ctx, alias, roomId, user),
    deleteAlias: (alias, user) => deleteAlias(ctx, alias, user),
    updateProfileInRooms: (user) => updateProfileInRooms(ctx, user),
    canUserSee: (user, event) => canUserSee(ctx, user, event),
    canServerSee: (server, event) => canServerSee(ctx, server, event),
    backfill: (roomId, below, limit) => backfill(ctx, roomId, below, limit),
    openGaps: (roomId, below) => openGaps(ctx, roomId).filter((gap) => gap.timelinePos <= below),
    readAhead: (roomId, at) => readAhead(ctx, roomId, at),
    fetchEvent: (roomId, eventId) => fetchEvent(ctx, roomId, eventId),
    fetchIntoTimeline: (roomId, eventId) => fetchIntoTimeline(ctx, roomId, eventId),
    eventNear: (args) => eventNear(ctx, args),
    setTyping: (user, roomId, isTyping, timeoutMs) => typing.set(user, roomId, isTyping, timeoutMs),
    typingUsers: (roomId) => typing.users(roomId),
    typingSerial: (roomId) => typing.serialOf(roomId),
    serverBack(server) {
      forgetFailures(ctx.history)
      leaves.back(server)
      gaps.back([server])
    },
    presence,
    finding: createFinding(ctx),
    putReceipt: (args) => putReceipt(ctx, args),

    receiveTransaction: (...args) => receiver.receive(...args),
    makeMembership: async (origin, membership, roomId, userId, versions) =>
      makeMembership(ctx, origin, membership, roomId, userId, versions),
    receiveJoin: (origin, roomId, eventId, json) =>
      traceRequest(ctx, origin, { roomId, json }, () => receiveJoin(ctx, origin, { roomId, eventId, json })),
    receiveLeave: (origin, roomId, eventId, json) =>
      traceRequest(ctx, origin, { roomId, json }, () => receiveLeave(ctx, origin, { roomId, eventId, json })),
    receiveKnock: (origin, roomId, eventId, json) =>
      traceRequest(ctx, origin, { roomId, json }, () => receiveKnock(ctx, origin, { roomId, eventId, json })),
    receiveInvite: (origin, args) =>
      traceRequest(ctx, origin, { ...args, version: args.roomVersion }, () =>
        receiveInvite(ctx, origin, args),
      ),
    exchangeThirdPartyInvite: (origin, roomId, body) => exchangeThirdPartyInvite(ctx, origin, roomId, body),
    thirdPartyBound: (body) => thirdPartyBound(ctx, body),
    stateAt: (origin, roomId, eventId) => stateAt(ctx, origin, roomId, eventId),
    eventForServer: (origin, eventId) => eventForServer(ctx, origin, eventId),
    eventStanding: (origin, eventId) => eventStanding(ctx, origin, eventId),
    authChainOf: (origin, roomId, eventId) => authChainOf(ctx, origin, roomId, eventId),
    backfillForServer: (origin, roomId, from, limit) => backfillForServer(ctx, origin, roomId, from, limit),
    eventNearForServer: (origin, roomId, ts, dir) => eventNearForServer(ctx, origin, roomId, ts, dir),
    missingEventsForServer: (origin, roomId, args) => missingEventsForServer(ctx, origin, roomId, args),

    askForNews(servers) {
      forgetFailures(ctx.history)
      gaps.back(servers)
      news.ask(servers)
    },
    async resume() {
      for (const roomId of ctx.store.stagedRooms()) queue.kick(roomId)
      resumeProfileUpdates(ctx)
      gaps.resume()
      // Not awaited: it may have to wait for others.
      void remover.resume()
      leaves.resume()
      await Promise.resolve()
    },
    idle,
    async stop() {
      ctx.stopped = true
      queue.stop()
      gaps.stop()
      news.stop()
      leaves.stop()
      typing.stop()
      remover.stop()
      presence.stop()
      // What still waits for another server is staged, or was not answered: it is not lost.
      let cancel = (): void => undefined
      const patience = new Promise<void>((resolve) => {
        cancel = ctx.clock.setTimeout(resolve, STOP_PATIENCE_MS)
      })
      await Promise.race([idle(), patience])
      cancel()
    },
  }
}
