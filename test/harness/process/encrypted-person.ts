import { vi } from 'vitest'
import {
  ClientEvent,
  createClient,
  EventType,
  MatrixEventEvent,
  MsgType,
  RoomEvent,
  SyncState,
  type MatrixClient,
  type MatrixEvent,
} from 'matrix-js-sdk'
import { MatrixUser, passwordOf, type ServerAddress } from './matrix-user.ts'

const quiet = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  getChild: () => quiet,
}

let registered = 0

/** Somebody with the real matrix-js-sdk and its encryption, on any server. Their keys are in memory only. */
export class EncryptedPerson {
  readonly client: MatrixClient
  readonly userId: string

  private constructor(client: MatrixClient) {
    this.client = client
    this.userId = client.getSafeUserId()
  }

  static async start(server: ServerAddress, localpart = `crypt${++registered}`): Promise<EncryptedPerson> {
    const account = await MatrixUser.register(server, localpart)
    await account.close()
    const login = await createClient({ baseUrl: server.clientUrl, logger: quiet }).loginRequest({
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: localpart },
      password: passwordOf(localpart),
    })
    const client = createClient({
      baseUrl: server.clientUrl,
      accessToken: login.access_token,
      userId: login.user_id,
      deviceId: login.device_id,
      logger: quiet,
    })
    // The crypto library tells every step on the console.
    for (const level of ['log', 'info', 'debug', 'warn', 'error'] as const)
      vi.spyOn(console, level).mockImplementation(() => undefined)
    await client.initRustCrypto({ useIndexedDB: false })
    await client.startClient({ initialSyncLimit: 20 })
    const person = new EncryptedPerson(client)
    await person.until('the first sync', () => client.getSyncState() === SyncState.Prepared)
    return person
  }

  close(): void {
    this.client.stopClient()
  }

  /** Cross-signing keys, with which this device is signed. */
  async setUpCrossSigning(): Promise<void> {
    await this.client.getCrypto()?.bootstrapCrossSigning({
      authUploadDeviceSigningKeys: async (makeRequest) => {
        await makeRequest(null)
      },
    })
  }

  async createEncryptedRoom(invite: string): Promise<string> {
    const algorithm = { algorithm: 'm.megolm.v1.aes-sha2' }
    const { room_id: room } = await this.client.createRoom({
      invite: [invite],
      initial_state: [{ type: EventType.RoomEncryption, state_key: '', content: algorithm }],
    })
    await this.until('the room', () => this.client.getRoom(room) !== null)
    return room
  }

  async join(room: string): Promise<void> {
    await this.until('the invite', () => this.client.getRoom(room)?.getMyMembership() === 'invite')
    await this.client.joinRoom(room)
    await this.until('the join', () => this.client.getRoom(room)?.getMyMembership() === 'join')
  }

  async seesJoined(room: string, userId: string): Promise<void> {
    await this.until('the other in the room', () => {
      return this.client.getRoom(room)?.getMember(userId)?.membership === 'join'
    })
  }

  async say(room: string, body: string): Promise<void> {
    await this.client.sendEvent(room, EventType.RoomMessage, { msgtype: MsgType.Text, body })
  }

  /** The message as it came over the wire, when it was decrypted. */
  async reads(room: string, body: string): Promise<MatrixEvent> {
    const find = () =>
      this.client
        .getRoom(room)
        ?.getLiveTimeline()
        .getEvents()
        .find((event) => event.getContent()['body'] === body)
    await this.until(
      `"${body}"`,
      () => find() !== undefined,
      () => this.describe(room),
    )
    const event = find()
    if (event === undefined) throw new Error('it was there a moment ago')
    return event
  }

  private describe(room: string): string {
    const events = this.client.getRoom(room)?.getLiveTimeline().getEvents() ?? []
    return events
      .map(
        (event) =>
          `${event.getWireType()} ${event.decryptionFailureReason ?? ''} ${JSON.stringify(event.getContent()).slice(0, 120)}`,
      )
      .join('\n')
  }

  private async until(what: string, ready: () => boolean, describe?: () => string): Promise<void> {
    if (ready()) return
    await new Promise<void>((resolve, reject) => {
      const events = [
        ClientEvent.Sync,
        ClientEvent.Room,
        RoomEvent.Timeline,
        MatrixEventEvent.Decrypted,
      ] as const
      const finish = (error?: Error): void => {
        clearTimeout(timer)
        for (const event of events) this.client.off(event, look)
        if (error === undefined) resolve()
        else reject(error)
      }
      const look = (): void => {
        if (ready()) finish()
      }
      const timer = setTimeout(
        () => finish(new Error(`${this.userId} waited in vain for ${what}\n${describe?.() ?? ''}`)),
        20_000,
      )
      for (const event of events) this.client.on(event, look)
    })
  }
}
