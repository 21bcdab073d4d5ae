import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { MatrixError, MatrixHttp, type HttpOptions } from './matrix-http.ts'
import {
  RoomView,
  type ClientEvent,
  type SyncResponse,
  type SyncRoom,
  type ToDeviceEvent,
} from './sync-view.ts'

export interface ServerAddress {
  readonly clientUrl: string
  readonly registrationSecret: string
}

export interface SyncOptions {
  readonly timelineLimit?: number
  /** Shows the presence of others in `presence`; off by default. */
  readonly presence?: boolean
  /** Counts unread messages of threads by themselves, as clients that know threads ask for; off by default. */
  readonly threads?: boolean
}

interface MessagesResponse {
  readonly chunk: ClientEvent[]
  readonly end?: string
}

interface Waiter {
  readonly test: () => boolean
  readonly done: () => void
}

const CLIENT = '/_matrix/client/v3'
let transactions = 0

/** The password that {@link MatrixUser.register} gives. */
export function passwordOf(localpart: string): string {
  return `password-of-${localpart}`
}

/** A person with an ordinary Matrix client, on any server: a thin, typed wrapper of the Client-Server API. */
export class MatrixUser {
  readonly userId: string
  readonly token: string
  readonly http: MatrixHttp
  readonly rooms = new Map<string, RoomView>()
  /** The newest presence that `/sync` told of each person. */
  readonly presence = new Map<string, Record<string, unknown>>()
  /** Messages to this device, in their order. */
  readonly toDevice: ToDeviceEvent[] = []
  /** Everybody whose devices `/sync` said to look at again; a test may empty it. */
  readonly devicesChanged = new Set<string>()
  private readonly waiters = new Set<Waiter>()
  private stopping: AbortController | undefined
  private loop: Promise<void> | undefined
  private lastSyncError: unknown
  private since: string | undefined

  constructor(http: MatrixHttp, userId: string, token: string) {
    this.http = http
    this.userId = userId
    this.token = token
  }

  /** Shared-secret registration, the endpoint that Synapse's tools use. */
  static async register(server: ServerAddress, localpart: string): Promise<MatrixUser> {
    const http = new MatrixHttp(server.clientUrl)
    const path = '/_synapse/admin/v1/register'
    const { nonce } = await http.call<{ nonce: string }>('GET', path)
    const password = passwordOf(localpart)
    const mac = createHmac('sha1', server.registrationSecret)
      .update([nonce, localpart, password, 'notadmin'].join('\0'))
      .digest('hex')
    const body = { nonce, username: localpart, password, admin: false, mac }
    const account = await http.call<{ user_id: string; access_token: string }>('POST', path, { body })
    return new MatrixUser(http, account.user_id, account.access_token)
  }

  /** Another device of somebody who was registered by {@link MatrixUser.register}. */
  static async login(server: ServerAddress, localpart: string): Promise<MatrixUser> {
    const http = new MatrixHttp(server.clientUrl)
    const identifier = { type: 'm.id.user', user: localpart }
    const body = { type: 'm.login.password', identifier, password: passwordOf(localpart) }
    const session = await http.call<{ user_id: string; access_token: string }>('POST', `${CLIENT}/login`, {
      body,
    })
    return new MatrixUser(http, session.user_id, session.access_token)
  }

  /** Signs in with a one-time token, such as the one in a node's login address. */
  static async loginWithToken(http: MatrixHttp, token: string): Promise<MatrixUser> {
    const body = { type: 'm.login.token', token }
    const session = await http.call<{ user_id: string; access_token: string }>('POST', `${CLIENT}/login`, {
      body,
    })
    return new MatrixUser(http, session.user_id, session.access_token)
  }

  async call<T = Record<string, unknown>>(
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    options: HttpOptions = {},
  ): Promise<T> {
    return await this.http.call<T>(method, path, { token: this.token, ...options })
  }

  async createRoom(body: object = {}): Promise<string> {
    return (await this.call<{ room_id: string }>('POST', `${CLIENT}/createRoom`, { body })).room_id
  }

  async invite(roomId: string, userId: string): Promise<void> {
    await this.call('POST', `${CLIENT}/rooms/${encodeURIComponent(roomId)}/invite`, {
      body: { user_id: userId },
    })
  }

  async join(roomIdOrAlias: string, via?: string): Promise<string> {
    const path = `${CLIENT}/join/${encodeURIComponent(roomIdOrAlias)}`
    // Both names of the parameter: servers before Matrix 1.12 know only the second.
    const query = { via, server_name: via }
    return (await this.call<{ room_id: string }>('POST', path, { body: {}, query })).room_id
  }

  async leave(roomId: string): Promise<void> {
    await this.call('POST', `${CLIENT}/rooms/${encodeURIComponent(roomId)}/leave`, { body: {} })
  }

  async say(roomId: string, body: string): Promise<string> {
    return await this.sendEvent(roomId, 'm.room.message', { msgtype: 'm.text', body })
  }

  async sendEvent(roomId: string, type: string, content: object, transactionId?: string): Promise<string> {
    const id = transactionId ?? `t${process.pid}.${++transactions}`
    const path = `${CLIENT}/rooms/${encodeURIComponent(roomId)}/send/${encodeURIComponent(type)}/${encodeURIComponent(id)}`
    return (await this.call<{ event_id: string }>('PUT', path, { body: content })).event_id
  }

  async setState(roomId: string, type: string, content: object, stateKey = ''): Promise<string> {
    const path = `${CLIENT}/rooms/${encodeURIComponent(roomId)}/state/${encodeURIComponent(type)}/${encodeURIComponent(stateKey)}`
    return (await this.call<{ event_id: string }>('PUT', path, { body: content })).event_id
  }

  async redact(roomId: string, eventId: string, transactionId?: string): Promise<string> {
    const id = transactionId ?? `r${process.pid}.${++transactions}`
    const path = `${CLIENT}/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(eventId)}/${encodeURIComponent(id)}`
    return (await this.call<{ event_id: string }>('PUT', path, { body: {} })).event_id
  }

  async event(roomId: string, eventId: string): Promise<ClientEvent> {
    return await this.call(
      'GET',
      `${CLIENT}/rooms/${encodeURIComponent(roomId)}/event/${encodeURIComponent(eventId)}`,
    )
  }

  async roomState(roomId: string): Promise<ClientEvent[]> {
    return await this.call('GET', `${CLIENT}/rooms/${encodeURIComponent(roomId)}/state`)
  }

  /** The whole room as `/messages` gives it, oldest first. */
  async history(roomId: string): Promise<ClientEvent[]> {
    return await this.messagesBack(roomId, undefined, () => false)
  }

  room(roomId: string): RoomView {
    const known = this.rooms.get(roomId)
    if (known !== undefined) return known
    const created = new RoomView()
    created.membership = 'leave'
    this.rooms.set(roomId, created)
    return created
  }

  /** Begins to sync, and resolves after the first answer. Goes on through restarts of the server. */
  async startSync(options: SyncOptions = {}): Promise<void> {
    if (this.loop !== undefined) throw new Error(`${this.userId} syncs already`)
    const stopping = new AbortController()
    this.stopping = stopping
    const filter = JSON.stringify({
      room: {
        timeline: {
          limit: options.timelineLimit ?? 50,
          ...(options.threads === true ? { unread_thread_notifications: true } : {}),
        },
      },
      ...(options.presence === true ? {} : { presence: { types: [] } }),
    })
    await this.syncOnce(filter, 0, stopping.signal)
    this.loop = this.syncLoop(filter, stopping.signal)
  }

  async stopSync(): Promise<void> {
    this.stopping?.abort()
    await this.loop
    this.loop = undefined
  }

  async close(): Promise<void> {
    await this.stopSync()
    await this.http.close()
  }

  /** Resolves when `test` holds after some sync; on failure tells what the room looked like. */
  async waitFor(what: string, test: () => boolean, timeoutMs = 15_000): Promise<void> {
    if (test()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiters.delete(waiter)
        const cause = this.lastSyncError
        reject(
          new Error(`${this.userId} waited ${timeoutMs} ms in vain for: ${what}\n${this.describe()}`, {
            cause,
          }),
        )
      }, timeoutMs)
      const done = () => {
        clearTimeout(timer)
        this.waiters.delete(waiter)
        resolve()
      }
      const waiter: Waiter = { test, done }
      this.waiters.add(waiter)
    })
  }

  async waitForText(roomId: string, text: string, timeoutMs?: number): Promise<void> {
    await this.waitFor(`the message "${text}"`, () => this.room(roomId).texts().includes(text), timeoutMs)
  }

  private describe(): string {
    return [...this.rooms]
      .slice(-10)
      .map(([id, room]) => `${id} (${room.membership}): ${room.texts().slice(-20).join(' | ')}`)
      .join('\n')
  }

  private async syncLoop(filter: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.syncOnce(filter, 30_000, signal)
        this.lastSyncError = undefined
      } catch (error) {
        if (signal.aborted) return
        this.lastSyncError = error
        if (error instanceof MatrixError && error.status === 401) return
        // The server may be down for a moment by the test's own will.
        await delay(100)
      }
    }
  }

  private async syncOnce(filter: string, timeout: number, signal: AbortSignal): Promise<void> {
    const query = { filter, timeout, since: this.since }
    const answer = await this.call<SyncResponse>('GET', `${CLIENT}/sync`, {
      query,
      signal,
      timeoutMs: 90_000,
    })
    const now = performance.now()
    for (const [roomId, room] of Object.entries(answer.rooms?.join ?? {})) {
      await this.applyRoom(roomId, 'join', room, now)
    }
    for (const [roomId, room] of Object.entries(answer.rooms?.leave ?? {})) {
      await this.applyRoom(roomId, 'leave', room, now)
    }
    for (const [roomId, invited] of Object.entries(answer.rooms?.invite ?? {})) {
      const view = this.room(roomId)
      view.membership = 'invite'
      view.inviteState = invited.invite_state?.events ?? []
    }
    for (const event of answer.presence?.events ?? []) this.presence.set(event.sender, event.content)
    this.toDevice.push(...(answer.to_device?.events ?? []))
    for (const user of answer.device_lists?.changed ?? []) this.devicesChanged.add(user)
    this.since = answer.next_batch
    for (const waiter of this.waiters) if (waiter.test()) waiter.done()
  }

  private async applyRoom(
    roomId: string,
    membership: 'join' | 'leave',
    room: SyncRoom,
    now: number,
  ): Promise<void> {
    const view = this.room(roomId)
    const afresh = membership === 'join' && view.membership !== 'join'
    view.membership = membership
    const from = room.timeline?.prev_batch
    const gapped = room.timeline?.limited === true && view.timeline.length > 0 && from !== undefined
    const gap = gapped ? await this.messagesBack(roomId, from, (event) => view.has(event.event_id)) : []
    view.apply(room, gap, now, afresh)
  }

  /** Pages backwards until `stop` knows an event or the beginning is reached; oldest first. */
  private async messagesBack(
    roomId: string,
    from: string | undefined,
    stop: (event: ClientEvent) => boolean,
  ): Promise<ClientEvent[]> {
    const newestFirst: ClientEvent[] = []
    let token = from
    for (;;) {
      const query = { dir: 'b', limit: 500, from: token }
      const path = `${CLIENT}/rooms/${encodeURIComponent(roomId)}/messages`
      const page = await this.call<MessagesResponse>('GET', path, { query })
      for (const event of page.chunk) {
        if (stop(event)) return newestFirst.toReversed()
        newestFirst.push(event)
      }
      if (page.end === undefined || page.end === token) return newestFirst.toReversed()
      token = page.end
    }
  }
}
