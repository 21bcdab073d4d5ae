import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { ClientAppDeps } from '../../src-main/client-api/index.ts'
import { createTestNode, serverName, type TestNode } from '../../src-main/client-api/test-node.ts'
import { listen, type Listener } from '../../src-main/http/listener.ts'
import { createMedia } from '../../src-main/media/index.ts'
import { Database } from '../../src-main/storage/database.ts'
import { MediaStore } from '../../src-main/storage/media-store.ts'
import { migrate } from '../../src-main/storage/migrate.ts'
import { migrations } from '../../src-main/storage/migrations/index.ts'
import { systemClock } from '../../src-main/trace/clock.ts'
import { systemRandom } from '../../src-main/trace/system-random.ts'
import { createHearthClient, type HearthClient } from '../../src-renderer/client/hearth-client.ts'
import type { OutgoingMessage, Readable } from '../../src-renderer/client/types.ts'
import type { KeptUpload, UploadStore } from '../../src-renderer/client/upload-store.ts'
import { readUploadAnswer, type UploadTransport } from '../../src-renderer/client/upload-transport.ts'

export interface ClientRig {
  readonly node: TestNode
  /** A client of this person; each call is another device. `storage` outlives a client. */
  client(
    name: string,
    storage?: Map<string, string>,
    keptFiles?: Map<string, KeptUpload>,
  ): Promise<HearthClient>
  /** The node does not answer any more; resolves to what brings it back on the same port. */
  takeDown(): Promise<() => Promise<void>>
  stop(): Promise<void>
}

/** What a page has, as far as the client layer looks at it. */
function standInForPage(): void {
  const target = { addEventListener: () => undefined, removeEventListener: () => undefined }
  vi.stubGlobal('document', { ...target, hidden: false })
  vi.stubGlobal('window', target)
  for (const level of ['log', 'info', 'debug', 'warn', 'trace'] as const) {
    vi.spyOn(console, level).mockImplementation(() => undefined)
  }
}

/** In the place of the browser's database. */
const keepInMemory = (kept: Map<string, KeptUpload>): UploadStore => ({
  put: (upload) => Promise.resolve(void kept.set(upload.id, upload)),
  remove: (id) => Promise.resolve(void kept.delete(id)),
  all: () => Promise.resolve([...kept.values()]),
})

/** In the place of XMLHttpRequest, which Node has not. */
const uploadByFetch =
  (clientUrl: string, token: string): UploadTransport =>
  async (file, name, signal, onProgress) => {
    const address = `${clientUrl}/_matrix/media/v3/upload?filename=${encodeURIComponent(name ?? '')}`
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': file.type },
        body: file,
        signal,
      })
      onProgress(file.size)
      return readUploadAnswer(response.status, await response.text())
    } catch {
      return { kind: 'unreachable' }
    }
  }

/** A node in this process with real stores, and the app's own client layer in front of it over HTTP. */
export async function createClientRig(parts: Partial<ClientAppDeps> = {}): Promise<ClientRig> {
  standInForPage()
  const dir = await mkdtemp(join(tmpdir(), 'hearth-client-'))
  const database = new Database(':memory:')
  migrate(database, migrations, { backup: false })
  const records = new MediaStore(database)
  const media = createMedia({ dir, records, serverName, clock: systemClock, random: systemRandom })
  const node = await createTestNode({ media, ...parts })
  const clients: HearthClient[] = []
  const accounts = new Set<string>()
  const open = (port: number): Promise<Listener> =>
    listen({
      address: { host: '127.0.0.1', port },
      fetch: (request, env) => node.app.fetch(request, env),
      maxConnections: 100,
      onError: (error) => {
        throw error
      },
    })
  let listener = await open(0)
  const { port } = listener
  const clientUrl = `http://127.0.0.1:${port}`

  return {
    node,
    async client(name, storage = new Map(), keptFiles = new Map()) {
      const setUp = accounts.has(name) ? await node.login(name, `secret-${name}`) : await node.client(name)
      accounts.add(name)
      const client = createHearthClient(
        {
          clientUrl,
          userId: setUp.userId,
          deviceId: setUp.deviceId,
          accessToken: setUp.token,
        },
        {
          storage: {
            getItem: (key) => storage.get(key) ?? null,
            setItem: (key, value) => void storage.set(key, value),
          },
          uploadStore: keepInMemory(keptFiles),
          uploadTransport: uploadByFetch(clientUrl, setUp.token),
          readFileInfo: (file) =>
            Promise.resolve({ kind: file.type.startsWith('image/') ? 'image' : 'file' }),
        },
      )
      clients.push(client)
      await client.start()
      await until(client.connection, (state) => state === 'ready')
      return client
    },
    async takeDown() {
      await listener.stop(0)
      return async () => {
        listener = await open(port)
      }
    },
    async stop() {
      for (const client of clients) client.stop()
      node.notifier.stop()
      await listener.stop(100)
      await node.stop()
      database.close()
      await rm(dir, { recursive: true })
      vi.unstubAllGlobals()
      vi.restoreAllMocks()
    },
  }
}

/** Resolves to the value as soon as it is as wished; a test that waits for what never comes ends by its time limit. */
export function until<T>(readable: Readable<T>, wished: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    let done: (() => void) | undefined
    const look = (): void => {
      const value = readable.get()
      if (!wished(value)) return
      done?.()
      resolve(value)
    }
    done = readable.subscribe(look)
    look()
  })
}

export const words = (body: string, userIds: readonly string[] = []): OutgoingMessage => ({
  msgtype: 'm.text',
  body,
  mentions: { userIds, room: false },
})

/** A room that all of them are in. */
export async function roomOf(first: HearthClient, ...others: readonly HearthClient[]): Promise<string> {
  const roomId = await first.createRoom({
    name: 'Talk',
    topic: '',
    whoMayJoin: 'private',
    invite: others.map((each) => each.userId),
  })
  for (const each of others) {
    await until(each.rooms, (rooms) => rooms.some((room) => room.id === roomId))
    await each.accept(roomId)
  }
  for (const each of [first, ...others]) {
    await until(
      each.room(roomId),
      (room) => room?.members.filter((m) => m.membership === 'join').length === others.length + 1,
    )
  }
  return roomId
}
