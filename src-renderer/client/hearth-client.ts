import {
  ClientEvent,
  createClient,
  EventType,
  HttpApiEvent,
  MatrixEventEvent,
  MatrixError,
  Method,
  RoomEvent as SdkRoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
  SyncState,
  type MatrixEvent,
  type Room,
} from 'matrix-js-sdk'
import { conversationStub } from './conversation-stub.ts'
import { toDetail, toPerson, toRoomEvent, toSummary, toTimeline, type Surroundings } from './convert.ts'
import { directPartner, parseDirect } from './direct.ts'
import { createMedia, describeError } from './media.ts'
import { createMediaKey } from './media-key.ts'
import { fallbackName, fingerprintOf, serverOf } from './names.ts'
import { createNearby } from './nearby.ts'
import { createNotifySettings } from './notify-settings.ts'
import { createOutbox, type SendResult } from './outbox.ts'
import { createPolls } from './polls.ts'
import { createPresence } from './presence.ts'
import { createPreviews } from './previews.ts'
import { createPrivateApi } from './private-api.ts'
import { derived, writable, type Derived } from './readable.ts'
import { createRoomsApi } from './rooms-api.ts'
import { createSearch } from './search.ts'
import { quietSdkLogger } from './sdk-logger.ts'
import type {
  Connection,
  NearbySnapshot,
  PendingMessage,
  Person,
  Readable,
  RoomDetail,
  RoomEvent,
  RoomSummary,
  Session,
  TimelineSnapshot,
} from './types.ts'

const FIRST_RUN = 'dev.hearth.first_run'
const HISTORY_PAGE = 50
const PING_MS = 1_000

/** A message that has just arrived, for notifications. */
export interface Arrival {
  readonly roomId: string
  readonly roomName: string
  readonly event: RoomEvent
}

/**
 * The renderer's view of its own node: snapshots to read, and verbs. The only object of this layer that the
 * rest of the app holds. It never rejects for a lost connection while reading; verbs reject with errors that
 * `describeError` puts into words.
 */
export function createHearthClient(session: Session) {
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
  const loadingOlder = new Set<string>()
  const arrivalListeners = new Set<(arrival: Arrival) => void>()

  const around: Surroundings = {
    myUserId: userId,
    directPartner: (roomId) =>
      directPartner(parseDirect(sdk.getAccountData(EventType.Direct)?.getContent()), roomId),
    nearbyName: (id) => nearbyPoll.nearby.get().peers.find((peer) => peer.ownerUserId === id)?.displayName,
  }

  // --- Snapshots -------------------------------------------------------------------------------------------

  const details = new Map<string, Derived<RoomDetail | undefined>>()
  const timelines = new Map<string, Derived<TimelineSnapshot | undefined>>()
  const summaries = new Map<string, RoomSummary>()

  const roomList = derived<readonly RoomSummary[]>(() =>
    sdk
      .getRooms()
      .filter((room) => ['join', 'invite'].includes(room.getMyMembership()))
      .map((room) => {
        const known = summaries.get(room.roomId)
        if (known !== undefined) return known
        const fresh = toSummary(around, room)
        summaries.set(room.roomId, fresh)
        return fresh
      }),
  )

  function memo<T>(map: Map<string, Derived<T>>, roomId: string, compute: () => T): Derived<T> {
    let entry = map.get(roomId)
    if (entry === undefined) map.set(roomId, (entry = derived(compute)))
    return entry
  }

  const roomDetail = (roomId: string): Readable<RoomDetail | undefined> =>
    memo(details, roomId, () => {
      const room = sdk.getRoom(roomId)
      return room === null || !['join', 'invite'].includes(room.getMyMembership())
        ? undefined
        : toDetail(around, room)
    })

  const timeline = (roomId: string): Readable<TimelineSnapshot | undefined> =>
    memo(timelines, roomId, () => {
      const room = sdk.getRoom(roomId)
      if (room === null) return undefined
      return toTimeline(around, room, {
        pending: outbox.pending(roomId),
        loadingOlder: loadingOlder.has(roomId),
      })
    })

  function touch(roomId: string | undefined): void {
    if (roomId === undefined) return
    summaries.delete(roomId)
    roomList.invalidate()
    details.get(roomId)?.invalidate()
    timelines.get(roomId)?.invalidate()
  }

  function touchAll(): void {
    summaries.clear()
    roomList.invalidate()
    for (const each of details.values()) each.invalidate()
    for (const each of timelines.values()) each.invalidate()
  }

  // --- The outbox ------------------------------------------------------------------------------------------

  const outbox = createOutbox({
    send: sendToNode,
    storage: localStorage,
    storageKey: `hearth.outbox.${userId}`,
    onChange: (roomId) => timelines.get(roomId)?.invalidate(),
    now: () => Date.now(),
    newTxnId: () => `hearth-${crypto.randomUUID()}`,
    wait: (ms) => {
      let cancel = (): void => {}
      const promise = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        cancel = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      return { promise, cancel }
    },
  })

  async function sendToNode(message: PendingMessage): Promise<SendResult> {
    try {
      const path = `/rooms/${encodeURIComponent(message.roomId)}/send/${encodeURIComponent(message.type)}/${encodeURIComponent(message.txnId)}`
      const answer = await sdk.http.authedRequest<{ event_id: string }>(Method.Put, path, undefined, {
        ...message.content,
      })
      return { kind: 'sent', eventId: answer.event_id }
    } catch (error) {
      const status = error instanceof MatrixError ? error.httpStatus : undefined
      if (error instanceof MatrixError && status === 429) {
        return { kind: 'retry', afterMs: error.getRetryAfterMs() ?? undefined }
      }
      if (status === undefined || status >= 500 || status === 401)
        return { kind: 'retry', afterMs: undefined }
      return { kind: 'refused', error: describeError(error) }
    }
  }

  // --- What the SDK tells ----------------------------------------------------------------------------------

  sdk.on(SdkRoomEvent.Timeline, (event, room, toStart, _removed, data) => {
    touch(room?.roomId)
    if (room === undefined || toStart === true) return
    outbox.seen(room.roomId, event.getId() ?? '', event.getUnsigned().transaction_id)
    if (data.liveEvent === true && connection.get() === 'ready') announce(room, event)
  })
  sdk.on(SdkRoomEvent.TimelineReset, (room) => touch(room?.roomId))
  sdk.on(SdkRoomEvent.Redaction, (_event, room) => touch(room.roomId))
  sdk.on(MatrixEventEvent.Replaced, (event) => touch(event.getRoomId()))
  sdk.on(SdkRoomEvent.Receipt, (_event, room) => touch(room.roomId))
  sdk.on(SdkRoomEvent.Name, (room) => touch(room.roomId))
  sdk.on(SdkRoomEvent.MyMembership, (room) => touch(room.roomId))
  sdk.on(SdkRoomEvent.AccountData, (_event, room) => touch(room.roomId))
  sdk.on(RoomStateEvent.Events, (event) => touch(event.getRoomId()))
  sdk.on(RoomMemberEvent.Typing, (_event, member) => details.get(member.roomId)?.invalidate())
  sdk.on(ClientEvent.Room, (room) => {
    room.on(SdkRoomEvent.UnreadNotifications, () => touch(room.roomId))
    touch(room.roomId)
  })
  sdk.on(ClientEvent.DeleteRoom, (roomId) => touch(roomId))
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
        outbox.wake()
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

  function announce(room: Room, event: MatrixEvent): void {
    if (
      event.getSender() === userId ||
      event.isState() ||
      event.getType() !== (EventType.RoomMessage as string)
    )
      return
    if (event.getWireContent()['m.relates_to']?.rel_type === 'm.replace') return
    if (sdk.getPushActionsForEvent(event)?.notify === false) return
    const arrival: Arrival = {
      roomId: room.roomId,
      roomName: toSummary(around, room).name,
      event: toRoomEvent((id) => toPerson(around, room, id), event),
    }
    for (const listener of arrivalListeners) listener(arrival)
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
    ...conversationStub,
    ...createSearch(sdk, around),
    ...createPolls(sdk, (roomId, content, type) => outbox.add(roomId, content, type)),
    ...createPreviews(sdk),
    ...createNotifySettings(sdk),
    presence: (id: string) => presence.presence(id),
    userId,
    clientUrl,
    connection: connection as Readable<Connection>,
    rooms: roomList as Readable<readonly RoomSummary[]>,
    room: roomDetail,
    timeline,
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

    send(roomId: string, body: string): void {
      outbox.add(roomId, { msgtype: 'm.text', body })
    },
    retry: (txnId: string) => outbox.retry(txnId),
    discard: (txnId: string) => outbox.discard(txnId),
    async deleteMessage(roomId: string, eventId: string, reason?: string): Promise<void> {
      const path = `/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(eventId)}/${crypto.randomUUID()}`
      await sdk.http.authedRequest(Method.Put, path, undefined, reason === undefined ? {} : { reason })
    },

    async loadOlder(roomId: string, _threadId?: string): Promise<void> {
      const room = sdk.getRoom(roomId)
      if (room === null || loadingOlder.has(roomId)) return
      loadingOlder.add(roomId)
      timelines.get(roomId)?.invalidate()
      try {
        await sdk.scrollback(room, HISTORY_PAGE)
      } finally {
        loadingOlder.delete(roomId)
        touch(roomId)
      }
    },
    /** Everything up to the newest event is read: the receipt for others, the marker for oneself. */
    async markRead(roomId: string, _threadId?: string): Promise<void> {
      const room = sdk.getRoom(roomId)
      const last = room?.getLiveTimeline().getEvents().at(-1)
      const eventId = last?.getId()
      if (last === undefined || eventId === undefined || !eventId.startsWith('$')) return
      if (room?.getEventReadUpTo(userId, true) === eventId) return
      await sdk.setRoomReadMarkers(roomId, eventId, last)
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

    onArrival(listener: (arrival: Arrival) => void): () => void {
      arrivalListeners.add(listener)
      return () => arrivalListeners.delete(listener)
    },
  }
}

export type HearthClient = ReturnType<typeof createHearthClient>
