import {
  ClientEvent,
  createClient,
  EventType,
  HttpApiEvent,
  RoomEvent as SdkRoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
  SyncState,
  type Room,
} from 'matrix-js-sdk'
import { createArrivals } from './arrivals.ts'
import { toDetail, toSummary } from './convert.ts'
import { directPartner, parseDirect } from './direct.ts'
import { createDeliveries } from './delivery.ts'
import { createEvents } from './events.ts'
import { createFiles } from './files.ts'
import { createMedia } from './media.ts'
import { createMediaKey } from './media-key.ts'
import { fallbackName, fingerprintOf, serverOf } from './names.ts'
import { createNearby } from './nearby.ts'
import { createNotifyDefaults } from './notify-defaults.ts'
import { createNotifySettings } from './notify-settings.ts'
import { createOutbox, type OutboxOptions } from './outbox.ts'
import type { Surroundings } from './people.ts'
import { createPersonApi } from './person-api.ts'
import { createPolls } from './polls.ts'
import { createPresence } from './presence.ts'
import { createPreviews } from './previews.ts'
import { createPrivateApi } from './private-api.ts'
import { createReading } from './reading.ts'
import { derived, writable, type Derived } from './readable.ts'
import { createRoomsApi } from './rooms-api.ts'
import { createSearch } from './search.ts'
import { createSending, sendToNode } from './sending.ts'
import type { FileInfo } from './file-content.ts'
import { readFileInfo } from './file-info.ts'
import { createUploads } from './uploads.ts'
import { createUploadStore, type UploadStore } from './upload-store.ts'
import { createUploadTransport, type UploadTransport } from './upload-transport.ts'
import { createUploadLimit } from './upload-limit.ts'
import { quietSdkLogger } from './sdk-logger.ts'
import { createThreadLists } from './thread-lists.ts'
import { createTimelineApi } from './timeline-api.ts'
import { createTimelines, type Timelines } from './timelines.ts'
import type {
  Connection,
  NearbySnapshot,
  Person,
  Readable,
  RoomDetail,
  RoomEvent,
  RoomSummary,
  Session,
} from './types.ts'

const FIRST_RUN = 'dev.hearth.first_run'
const PING_MS = 1_000

export type { Arrival } from './arrivals.ts'

/** Something that the node would not do, and that is not shown anywhere. */
export interface Refusal {
  readonly roomId: string
  readonly error: string
}

/** What the client layer uses of the browser, besides requests. */
export interface BrowserParts {
  readonly storage: OutboxOptions['storage']
  readonly uploadStore: UploadStore
  readonly uploadTransport: UploadTransport
  readonly readFileInfo: (file: File) => Promise<FileInfo>
}

const browserParts = (session: Session): BrowserParts => ({
  storage: localStorage,
  uploadStore: createUploadStore(session.userId),
  uploadTransport: createUploadTransport(session.clientUrl, session.accessToken),
  readFileInfo,
})

const newTxnId = (): string => `hearth-${crypto.randomUUID()}`

/** A pause that can be cut short. */
function cancellableWait(ms: number): { promise: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  return {
    promise,
    cancel: () => {
      clearTimeout(timer)
      resolve()
    },
  }
}

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
  const connection = writable<Connection>('starting')
  const ownProfile = writable<Person>({ userId, name: fallbackName(userId), avatarMxc: undefined })
  const refusalListeners = new Set<(refusal: Refusal) => void>()

  const around: Surroundings = {
    myUserId: userId,
    directPartner: (roomId) =>
      directPartner(parseDirect(sdk.getAccountData(EventType.Direct)?.getContent()), roomId),
    nearbyName: (id) => nearbyPoll.nearby.get().peers.find((peer) => peer.ownerUserId === id)?.displayName,
  }

  // --- Snapshots -------------------------------------------------------------------------------------------

  const details = new Map<string, Derived<RoomDetail | undefined>>()
  const summaries = new Map<string, RoomSummary>()
  const isHere = (room: Room): boolean => ['join', 'invite'].includes(room.getMyMembership())

  function lastMessage(roomId: string): RoomEvent | undefined {
    const model = timelines.model(roomId)
    const last = model
      .live()
      .list.entries.findLast((entry) => entry.shown && entry.raw.state_key === undefined)
    return last === undefined ? undefined : model.convert(last)
  }

  function summaryOf(room: Room): RoomSummary {
    let summary = summaries.get(room.roomId)
    if (summary === undefined) {
      summary = toSummary(around, room, lastMessage(room.roomId))
      summaries.set(room.roomId, summary)
    }
    return summary
  }

  const roomList = derived<readonly RoomSummary[]>(() => sdk.getRooms().filter(isHere).map(summaryOf))

  function roomDetail(roomId: string): Readable<RoomDetail | undefined> {
    let entry = details.get(roomId)
    if (entry === undefined) {
      entry = derived(() => {
        const room = sdk.getRoom(roomId)
        return room === null || !isHere(room) ? undefined : toDetail(around, room, lastMessage(roomId))
      })
      details.set(roomId, entry)
    }
    return entry
  }

  function touch(roomId: string | undefined): void {
    if (roomId === undefined) return
    summaries.delete(roomId)
    roomList.invalidate()
    details.get(roomId)?.invalidate()
    for (const each of [timelines, events, threadLists, files]) each.invalidate(roomId)
  }

  function touchAll(): void {
    timelines.everybodyChanged()
    summaries.clear()
    roomList.invalidate()
    for (const each of details.values()) each.invalidate()
    for (const room of sdk.getRooms()) touch(room.roomId)
  }

  // --- Writing and reading ---------------------------------------------------------------------------------

  const outbox = createOutbox({
    send: (item) => sendToNode(sdk, item),
    storage: browser.storage,
    storageKey: `hearth.outbox.${userId}`,
    onChange: (roomId) => {
      timelines.outboxChanged(roomId)
      touch(roomId)
    },
    onRefused: (item, error) => {
      for (const listener of refusalListeners) listener({ roomId: item.roomId, error })
    },
    now: () => Date.now(),
    newTxnId,
    wait: cancellableWait,
  })
  const timelineApi = createTimelineApi(sdk)
  const timelines: Timelines = createTimelines({
    sdk,
    api: timelineApi,
    around,
    outbox: () => outbox,
    isReady: () => connection.get() === 'ready',
    touch,
    onLive: (roomId, entry, event) => {
      files.onLive(roomId, entry)
      if (connection.get() === 'ready') arrivals.announce(roomId, entry, event)
    },
    onThread: (roomId, rootId) => threadLists.onThread(roomId, rootId),
  })
  const events = createEvents(timelineApi, timelines)
  const threadLists = createThreadLists(timelineApi, timelines)
  const files = createFiles(timelineApi, timelines)
  const reading = createReading(sdk, timelines)
  const arrivals = createArrivals(sdk, (roomId, entry) => {
    const room = sdk.getRoom(roomId)
    return {
      roomId,
      roomName: room === null ? '' : summaryOf(room).name,
      threadId: entry.threadId,
      event: timelines.model(roomId).convert(entry),
    }
  })
  const sending = createSending({
    outbox,
    me: userId,
    current: (roomId, eventId) => timelines.model(roomId).current(eventId),
    latestInThread: (roomId, rootId) => {
      const model = timelines.model(roomId)
      return model.latest(rootId)?.id ?? model.events.thread(rootId)?.latestId ?? rootId
    },
  })

  const uploads = createUploads({
    outbox,
    newId: newTxnId,
    store: browser.uploadStore,
    transport: browser.uploadTransport,
    readInfo: browser.readFileInfo,
    relates: sending.relates,
  })

  const deliveries = createDeliveries(session, (roomId, serverName) =>
    (sdk.getRoom(roomId)?.getJoinedMembers() ?? [])
      .filter((member) => serverOf(member.userId) === serverName)
      .map((member) => timelines.model(roomId).people.person(member.userId)),
  )

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

  // --- What the SDK tells ----------------------------------------------------------------------------------

  sdk.on(SdkRoomEvent.Name, (room) => touch(room.roomId))
  sdk.on(SdkRoomEvent.MyMembership, (room) => touch(room.roomId))
  sdk.on(SdkRoomEvent.AccountData, (_event, room) => touch(room.roomId))
  sdk.on(RoomStateEvent.Events, (event) => {
    const roomId = event.getRoomId()
    if (roomId !== undefined && event.getType() === (EventType.RoomMember as string)) {
      noteChangedPeople(roomId)
    }
    touch(roomId)
  })
  sdk.on(RoomMemberEvent.Typing, (_event, member) => details.get(member.roomId)?.invalidate())
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
    if (event.getType() === (EventType.Direct as string)) touchAll()
  })
  sdk.on(HttpApiEvent.SessionLoggedOut, () => connection.set('signed-out'))
  sdk.on(ClientEvent.Sync, (state) => {
    if (connection.get() === 'signed-out') return
    if (state === SyncState.Prepared || state === SyncState.Syncing) {
      const wasReady = connection.get() === 'ready'
      connection.set('ready')
      if (!wasReady) {
        touchAll()
        for (const each of [timelines, events, threadLists]) each.reconnected()
        outbox.wake()
        uploads.wake()
        deliveries.wake()
        void mediaKey.refresh()
        inviteWaiting()
      }
    } else if (state === SyncState.Reconnecting || state === SyncState.Error) {
      if (connection.get() !== 'starting') connection.set('lost')
      pingUntilBack()
    }
  })
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
    if (connection.get() !== 'ready') return
    const reachable = nearbyPoll.nearby.get().peers.filter((peer) => peer.reachable)
    rooms
      .inviteWaiting(reachable.map((peer) => peer.ownerUserId))
      .catch((error: unknown) => console.error('Waiting invitations could not be sent', error))
  }

  // --- The connection --------------------------------------------------------------------------------------

  let pinging = false
  let stopped = false

  /** The SDK's own pause between attempts is up to ten seconds; a node on this computer is back sooner. */
  function pingUntilBack(): void {
    if (pinging || stopped) return
    pinging = true
    const ping = (): void => {
      fetch(`${clientUrl}/_matrix/client/versions`)
        .then((response) => response.ok)
        .catch(() => false)
        .then((ok) => {
          if (stopped) return
          if (ok) {
            pinging = false
            sdk.retryImmediately()
          } else {
            setTimeout(ping, PING_MS)
          }
        })
        .catch((error: unknown) => console.error('The node could not be asked', error))
    }
    setTimeout(ping, PING_MS)
  }

  async function refreshProfile(): Promise<void> {
    const profile = await sdk
      .getProfileInfo(userId)
      .catch(() => ({ displayname: undefined, avatar_url: undefined }))
    ownProfile.set({
      userId,
      name: profile.displayname ?? fallbackName(userId),
      avatarMxc: profile.avatar_url ?? undefined,
    })
  }

  const presence = createPresence(sdk)

  return {
    ...sending,
    send: (roomId: string, body: string): void =>
      sending.sendMessage(roomId, {
        msgtype: 'm.text',
        body,
        mentions: { userIds: [], room: false },
      }),
    ...createPersonApi(sdk, around),
    ...createSearch(
      sdk,
      (roomId, raw) => {
        const model = timelines.model(roomId)
        return model.convert(model.events.take(raw))
      },
      (roomId) => {
        const room = sdk.getRoom(roomId)
        return room === null ? undefined : summaryOf(room).name
      },
    ),
    ...createPolls(sdk, (roomId, content, type) => outbox.add(roomId, content, { type })),
    ...createPreviews(sdk),
    ...createUploadLimit(sdk),
    ...createNotifySettings(sdk),
    ...createNotifyDefaults(sdk),
    presence: (id: string) => presence.presence(id),
    userId,
    clientUrl,
    connection: connection as Readable<Connection>,
    rooms: roomList as Readable<readonly RoomSummary[]>,
    room: roomDetail,
    timeline: timelines.timeline,
    thread: timelines.thread,
    loadOlder: timelines.loadOlder,
    loadNewer: timelines.loadNewer,
    focusEvent: timelines.focusEvent,
    focusDate: timelines.focusDate,
    leaveFocus: timelines.leaveFocus,
    threads: threadLists.threads,
    loadMoreThreads: threadLists.loadMoreThreads,
    delivery: deliveries.delivery,
    sendFiles: uploads.sendFiles,
    uploads: uploads.uploads,
    cancelUpload: uploads.cancelUpload,
    retryUpload: uploads.retryUpload,
    files: files.files,
    loadMoreFiles: files.loadMoreFiles,
    loadEvent: events.loadEvent,
    event: events.event,
    versions: events.versions,
    eventSource: events.eventSource,
    markRead: (roomId: string, threadId?: string) => reading.markRead(roomId, threadId),
    setMarkedUnread: reading.setMarkedUnread,
    nearby: nearbyPoll.nearby as Readable<NearbySnapshot>,
    profile: ownProfile as Readable<Person>,
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
      await uploads
        .restoreUploads()
        .catch((error: unknown) => console.warn('Files that waited could not be taken up again', error))
      await Promise.all([
        refreshProfile(),
        sdk.startClient({
          initialSyncLimit: 30,
          lazyLoadMembers: false,
          pollTimeout: 30_000,
        }),
      ])
    },
    stop(): void {
      stopped = true
      nearbyPoll.stop()
      presence.stopPresence()
      outbox.stop()
      uploads.stop()
      deliveries.stop()
      sdk.stopClient()
      mediaKey.stop()
      media.dispose()
    },
    async signOut(): Promise<void> {
      await sdk.logout(true)
    },

    /** Has the person been through the first run, here or on another device? Only true answers once `ready`. */
    isFirstRunDone(): boolean {
      const done = sdk.getAccountData(FIRST_RUN as never)?.getContent() as { done?: unknown } | undefined
      return done?.done === true || sdk.getRooms().some((room) => room.getMyMembership() === 'join')
    },
    async finishFirstRun(): Promise<void> {
      await sdk.setAccountData(FIRST_RUN as never, { done: true } as never)
    },

    async setProfile(change: { name?: string; picture?: File }): Promise<void> {
      if (change.picture !== undefined) {
        await sdk.setAvatarUrl(await media.upload(change.picture, change.picture.name))
      }
      if (change.name !== undefined) await sdk.setDisplayName(change.name)
      await refreshProfile()
    },
    getSettings: api.getSettings,
    patchSettings: api.patchSettings,
    /** The identity, encrypted, as a file to keep. */
    async backupIdentity(passphrase: string): Promise<{ name: string; content: Blob }> {
      const answer = await api.backupIdentity(passphrase)
      if (!answer.ok) {
        throw new Error(
          answer.words ??
            (answer.reason === 'unreachable'
              ? 'Hearth does not answer. Is it still running?'
              : 'Only the owner of this Hearth may do this.'),
        )
      }
      const fingerprint = fingerprintOf(serverOf(userId)).replaceAll(/[^\w.-]+/g, '-')
      return {
        name: `hearth-identity-${fingerprint}.json`,
        content: new Blob([JSON.stringify(answer.value, undefined, 2), '\n'], { type: 'application/json' }),
      }
    },

    async setTyping(roomId: string, typing: boolean): Promise<void> {
      await sdk.sendTyping(roomId, typing, 20_000)
    },

    /** Adds a node by its address, for networks on which discovery does not find it. */
    async addPeer(serverName: string, address: string): Promise<void> {
      const answer = await api.addPeer(serverName, address)
      if (!answer.ok)
        throw new Error(
          answer.words ??
            (answer.reason === 'unreachable'
              ? 'Hearth does not answer. Is it still running?'
              : 'Only the owner of this Hearth may add somebody.'),
        )
      await nearbyPoll.refresh()
    },

    accept: rooms.accept,
    joinRoom: rooms.join,
    /** Declining and leaving both forget the room. */
    decline: rooms.leave,
    leave: rooms.leave,
    openDirect: rooms.openDirect,
    createRoom: rooms.createRoom,
    invite: rooms.invite,
    setRoomName: rooms.setName,
    setRoomTopic: rooms.setTopic,
    /** A room that was just created or joined is not here before the next sync. */
    hasRoom: (roomId: string): boolean => sdk.getRoom(roomId)?.getMyMembership() === 'join',

    onArrival: arrivals.onArrival,
    /** The node refused a reaction or a deletion, which is not shown any more: `error` is a sentence. */
    onRefused: (listener: (refusal: Refusal) => void): (() => void) => {
      refusalListeners.add(listener)
      return () => refusalListeners.delete(listener)
    },
  }
}

export type HearthClient = ReturnType<typeof createHearthClient>
