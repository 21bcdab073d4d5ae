import type { Hono } from 'hono'
import { createSigner, signaturesReady } from '../core/signatures.ts'
import type { JsonObject, KeyId, ServerName, UserId } from '../core/types.ts'
import type { Rooms } from '../rooms/api.ts'
import { createRooms } from '../rooms/index.ts'
import { createKeys } from '../keys/index.ts'
import { RemoteError, type RoomStore } from '../rooms/ports.ts'
import type { Remote } from '../rooms/remote-ports.ts'
import { createAccountStore } from '../storage/accounts/index.ts'
import { Database } from '../storage/database.ts'
import { migrate } from '../storage/migrate.ts'
import { migrations } from '../storage/migrations/index.ts'
import { createRemoteDeviceStore } from '../storage/remote-devices.ts'
import { createRoomStore } from '../storage/room-store.ts'
import { systemClock, type Clock } from '../trace/clock.ts'
import { Logger, type LogItem } from '../trace/log.ts'
import { systemRandom } from '../trace/system-random.ts'
import {
  createClientApp,
  createLoginToken,
  createNotifier,
  hashPassword,
  type AccountStore,
  type ClientAppDeps,
  type Notifier,
} from './index.ts'

export const serverName = 'one.test' as ServerName

/** A string field of an answer; anything else fails the test. */
export function field(json: JsonObject, name: string): string {
  const value = json[name]
  if (typeof value !== 'string') throw new TypeError(`${name} is no string in ${JSON.stringify(json)}`)
  return value
}

/** A client's side of the API in a test: one access token. */
export interface TestClient {
  readonly userId: UserId
  readonly token: string
  readonly deviceId: string
  /** Answers whose status is not `expected` (200) fail the test with their body. */
  call(method: string, path: string, body?: unknown, expected?: number): Promise<JsonObject>
  sync(query?: Record<string, string>): Promise<JsonObject>
}

export interface TestNode {
  readonly app: Hono
  readonly accounts: AccountStore
  readonly store: RoomStore
  readonly rooms: Rooms
  readonly notifier: Notifier
  readonly errors: LogItem[]
  /** An account with the password `secret-<name>`, logged in. */
  client(name: string, deviceId?: string): Promise<TestClient>
  login(userId: string, password: string, deviceId?: string): Promise<TestClient>
  request(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<{ status: number; json: JsonObject }>
  stop(): Promise<void>
}

/** A node of one server over the real stores and rooms; other servers are all away. */
export async function createTestNode(
  options: Partial<ClientAppDeps> & { clock?: Clock } = {},
): Promise<TestNode> {
  await signaturesReady()
  const clock = options.clock ?? systemClock
  const db = new Database(':memory:')
  migrate(db, migrations, { backup: false })
  const store = createRoomStore(db, serverName)
  const accounts = createAccountStore(db, { serverName, clock })
  const notifier = createNotifier(store, clock)
  const errors: LogItem[] = []
  const log = new Logger(clock, [(item) => item.level === 'error' && errors.push(item)])
  const keys = createKeys({
    serverName,
    local: accounts,
    others: createRemoteDeviceStore(db),
    rooms: store,
    remote: { queryKeys: fail, claimKeys: fail, userDevices: fail },
    clock,
    random: systemRandom,
    log,
    domainAllowed: () => true,
    wake: (users) => notifier.wake(users),
    queued: () => undefined,
    waitingFor: () => 0,
  })
  const rooms = createRooms({
    serverName,
    signer: createSigner(serverName, 'ed25519:test' as KeyId, systemRandom.bytes(32)),
    store,
    remote: awayRemote,
    verifier: { verify: () => Promise.resolve({ result: 'valid' }) },
    users: accounts,
    listener: { committed: (change) => notifier.committed(change), queued: () => undefined },
    clock,
    random: systemRandom,
    log,
    domainAllowed: () => true,
  })
  const app = createClientApp({
    serverName,
    rooms,
    reader: store,
    accounts,
    notifier,
    keys,
    remoteProfile: (userId) => Promise.reject(away(userId)),
    clock,
    random: systemRandom,
    log,
    registration: 'open',
    rateLimits: false,
    owner: accounts.ensureOwner(),
    setPublic: (roomId, isPublic) => store.transaction(() => store.setPublic(roomId, isPublic)),
    hearth: {
      peers: () => [],
      getSettings: () => ({}),
      patchSettings: (patch) => patch,
      storage: () => ({}),
      backup: () => ({}),
      backupIdentity: () => Promise.resolve('{}'),
      addPeer: () => undefined,
      createLoginToken: () => '',
    },
    ...options,
  })

  const request: TestNode['request'] = async (method, path, body, token) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const init: RequestInit = body === undefined ? { method, headers } : { method, headers, body: text }
    const response = await app.request(path, init)
    return { status: response.status, json: (await response.json()) as JsonObject }
  }

  const clientOf = (answer: JsonObject): TestClient => {
    const token = field(answer, 'access_token')
    const call: TestClient['call'] = async (method, path, body, expected = 200) => {
      const full = path.startsWith('/_') ? path : `/_matrix/client/v3${path}`
      const { status, json } = await request(method, full, body, token)
      if (status !== expected) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`)
      return json
    }
    return {
      userId: answer['user_id'] as UserId,
      deviceId: field(answer, 'device_id'),
      token,
      call,
      sync: (query = {}) => call('GET', `/sync?${new URLSearchParams(query).toString()}`),
    }
  }
  const login: TestNode['login'] = async (user, password, deviceId) => {
    const { status, json } = await request('POST', '/_matrix/client/v3/login', {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
      ...(deviceId === undefined ? {} : { device_id: deviceId }),
    })
    if (status !== 200) throw new Error(`login: ${status} ${JSON.stringify(json)}`)
    return clientOf(json)
  }

  return {
    app,
    accounts,
    store,
    rooms,
    notifier,
    errors,
    request,
    login,
    async client(name, deviceId) {
      const userId = `@${name}:${serverName}` as UserId
      const passwordHash = await hashOnce(`secret-${name}`)
      accounts.createAccount({ userId, passwordHash, admin: false })
      const token = createLoginToken({ accounts, random: systemRandom, clock }, userId)
      const body = {
        type: 'm.login.token',
        token,
        ...(deviceId === undefined ? {} : { device_id: deviceId }),
      }
      return clientOf((await request('POST', '/_matrix/client/v3/login', body)).json)
    },
    async stop() {
      notifier.stop()
      await rooms.stop()
      db.close()
    },
  }
}

/** Hashing is slow on purpose; the same few passwords need it once. */
const hashes = new Map<string, Promise<string>>()
function hashOnce(password: string): Promise<string> {
  const hash = hashes.get(password) ?? hashPassword(password)
  hashes.set(password, hash)
  return hash
}

const away = (of: string): RemoteError =>
  new RemoteError(of.slice(of.indexOf(':') + 1) as ServerName, 'the network is off', { retryable: true })

const fail = (dest: ServerName): Promise<never> => Promise.reject(away(`:${dest}`))
const awayRemote: Remote = {
  makeJoin: fail,
  sendJoin: fail,
  makeLeave: fail,
  sendLeave: fail,
  exchangeThirdPartyInvite: fail,
  makeKnock: fail,
  sendKnock: fail,
  invite: fail,
  getEvent: fail,
  state: fail,
  stateIds: fail,
  eventAuth: fail,
  backfill: fail,
  getMissingEvents: fail,
  timestampToEvent: fail,
  queryProfile: fail,
  queryDirectory: fail,
  policySign: fail,
  publicRooms: fail,
  spaceHierarchy: fail,
}
