import {
  ClientEvent,
  createClient,
  EventType,
  RoomEvent as SdkRoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
} from 'matrix-js-sdk'
import { createAccount } from './account.ts'
import { browserParts, type BrowserParts } from './browser-parts.ts'
import { createConnection } from './connection.ts'
import { createConversationApi } from './conversation-api.ts'
import { createDeleteRoom } from './delete-room.ts'
import { directPartner, parseDirect } from './direct.ts'
import { createFinding } from './finding.ts'
import { createKnocking } from './knocking.ts'
import { createIgnored } from './ignored.ts'
import { createInspectorApi } from './inspector.ts'
import { createMedia } from './media.ts'
import { createMediaKey } from './media-key.ts'
import { createNearby } from './nearby.ts'
import { createNotifyDefaults } from './notify-defaults.ts'
import { createNotifySettings } from './notify-settings.ts'
import type { Surroundings } from './people.ts'
import { createPresence } from './presence.ts'
import { createPreviews } from './previews.ts'
import { createPrivateApi } from './private-api.ts'
import { createReports } from './reports.ts'
import { createRoomAdminApi } from './room-admin-api.ts'
import { createRoomsApi } from './rooms-api.ts'
import { createAccountEnd } from './end-account.ts'
import { createServers } from './servers.ts'
import { createNameMemory } from './name-memory.ts'
import { serverOf } from './names.ts'
import { quietSdkLogger } from './sdk-logger.ts'
import { createSpaces } from './spaces.ts'
import type { NearbySnapshot, Readable, Session } from './types.ts'

export type { Arrival } from './arrivals.ts'
export type { Refusal } from './conversation-api.ts'

/**
 * The renderer's view of its own node: snapshots to read, and verbs. The only object of this layer that the
 * rest of the app holds. It never rejects for a lost connection while reading; verbs reject with errors that
 * `describeError` puts into words.
 */
export function createHearthClient(session: Session, browser: BrowserParts = browserParts(session)) {
  const { clientUrl, userId, accessToken } = session
  const sdk = createClient({
    baseUrl: clientUrl,
    userId,
    deviceId: session.deviceId,
    accessToken,
    disableVoip: true,
    logger: quietSdkLogger,
  })
  const api = createPrivateApi(session)
  const nearbyPoll = createNearby(api)
  const rooms = createRoomsApi(sdk, userId)
  const mediaKey = createMediaKey(session)
  const media = createMedia(sdk, clientUrl, accessToken, mediaKey)
  const account = createAccount(sdk, api, media.upload, () => nearbyPoll.refresh())
  const presence = createPresence(sdk)

  const levels = createNotifySettings(sdk)
  const defaults = createNotifyDefaults(sdk)

  /** How the push rules tell of an ordinary message of a room. */
  function tellsAll(roomId: string): 'silently' | 'with a sound' | undefined {
    const level = levels.notifyLevel(roomId).get()
    if (level === 'all') return 'with a sound'
    return level === 'default' && defaults.notifyDefaults.get().rooms === 'all' ? 'silently' : undefined
  }

  const names = createNameMemory()
  const around: Surroundings = {
    myUserId: userId,
    directPartner: (roomId) =>
      directPartner(parseDirect(sdk.getAccountData(EventType.Direct)?.getContent()), roomId),
    nearbyName: (id) => nearbyPoll.nearby.get().peers.find((peer) => peer.ownerUserId === id)?.displayName,
    formerName: names.get,
    noteName: (id, name) => names.note(id, name),
  }
  const link = createConnection(sdk, clientUrl, () => {
    conversation.touchAll()
    conversation.connected()
    void mediaKey.refresh()
    inviteWaiting()
  })
  const conversation = createConversationApi({
    sdk,
    session,
    around,
    browser,
    isReady: link.isReady,
    tellsAll,
  })
  const { timelines, touch, touchAll } = conversation

  // --- What the SDK tells of rooms; of their events, timelines.ts hears -------------------------------------

  const changedPeople = new Set<string>()

  /** Many memberships come at once; names are looked at again once, before anything is drawn. */
  function noteChangedPeople(roomId: string): void {
    if (changedPeople.size === 0) {
      setTimeout(() => {
        for (const each of changedPeople) {
          timelines.peopleChanged(each)
          touch(each)
        }
        changedPeople.clear()
      }, 0)
    }
    changedPeople.add(roomId)
  }

  sdk.on(SdkRoomEvent.Name, (room) => touch(room.roomId))
  sdk.on(SdkRoomEvent.MyMembership, (room) => touch(room.roomId))
  sdk.on(SdkRoomEvent.AccountData, (_event, room) => touch(room.roomId))
  sdk.on(RoomStateEvent.Events, (event) => {
    const roomId = event.getRoomId()
    if (roomId === undefined) return
    if (event.getType() === (EventType.RoomMember as string)) {
      names.note(event.getStateKey() ?? '', event.getContent()['displayname'])
      noteChangedPeople(roomId)
    }
    touch(roomId)
  })
  sdk.on(RoomMemberEvent.Typing, (_event, member) => conversation.typingChanged(member.roomId))
  sdk.on(ClientEvent.Room, (room) => {
    room.on(SdkRoomEvent.UnreadNotifications, () => {
      timelines.countsChanged(room.roomId)
      touch(room.roomId)
    })
    touch(room.roomId)
  })
  sdk.on(ClientEvent.DeleteRoom, (roomId) => {
    timelines.forget(roomId)
    touch(roomId)
  })
  sdk.on(ClientEvent.AccountData, (event) => {
    const type = event.getType()
    if (type === (EventType.Direct as string) || type === (EventType.IgnoredUserList as string)) touchAll()
  })

  // --- What the node tells of people nearby ----------------------------------------------------------------

  let nearbyNames = ''
  nearbyPoll.nearby.subscribe(() => {
    const names = JSON.stringify(
      nearbyPoll.nearby.get().peers.map((peer) => [peer.ownerUserId, peer.displayName]),
    )
    if (names !== nearbyNames) touchAll()
    nearbyNames = names
    inviteWaiting()
  })

  function inviteWaiting(): void {
    if (!link.isReady()) return
    const reachable = nearbyPoll.nearby.get().peers.filter((peer) => peer.reachable)
    rooms
      .inviteWaiting(reachable.map((peer) => peer.ownerUserId))
      .catch((error: unknown) => console.error('Waiting invitations could not be sent', error))
  }

  return {
    ...conversation.verbs,
    ...account,
    ...createPreviews(sdk),
    ...levels,
    ...defaults,
    ...createServers(sdk, api),
    ...createReports(sdk, api),
    ...createAccountEnd(sdk),
    ...createFinding(sdk, userId),
    ...createSpaces(sdk, serverOf(userId)),
    onKnockAnswered: createKnocking(sdk, rooms.accept),
    ...createIgnored(sdk),
    ...createRoomAdminApi(sdk, media.upload),
    presence: (id: string) => presence.presence(id),
    inspector: createInspectorApi(api),
    userId,
    clientUrl,
    connection: link.connection,
    nearby: nearbyPoll.nearby as Readable<NearbySnapshot>,
    picture: media.picture,
    mediaUrl: media.mediaUrl,
    thumbnailUrl: media.thumbnailUrl,
    mediaVersion: media.mediaVersion,
    fetchMedia: media.fetchMedia,

    async start(): Promise<void> {
      nearbyPoll.start()
      presence.startPresence()
      // Before anything is drawn, so that pictures have their addresses at once.
      await mediaKey.refresh()
      await conversation.restore()
      await Promise.all([
        account.refreshProfile(),
        sdk.startClient({
          initialSyncLimit: 30,
          lazyLoadMembers: false,
          pollTimeout: 30_000,
        }),
      ])
    },
    stop(): void {
      link.stop()
      nearbyPoll.stop()
      presence.stopPresence()
      conversation.stop()
      sdk.stopClient()
      mediaKey.stop()
      media.dispose()
    },

    accept: rooms.accept,
    joinRoom: rooms.join,
    knock: rooms.knock,
    decline: (roomId: string): Promise<void> => rooms.leave(roomId, true),
    leave: rooms.leave,
    deleteRoom: createDeleteRoom(sdk, api, rooms.left),
    openDirect: rooms.openDirect,
    createRoom: rooms.createRoom,
    invite: rooms.invite,
    setRoomName: rooms.setName,
    setRoomTopic: rooms.setTopic,
    /** A room that was just created or joined is not here before the next sync. */
    hasRoom: (roomId: string): boolean => sdk.getRoom(roomId)?.getMyMembership() === 'join',
  }
}

export type HearthClient = ReturnType<typeof createHearthClient>
