import { signaturesReady } from '../../src-main/core/signatures.ts'
import type { RoomId, UserId } from '../../src-main/core/types.ts'
import { createRooms } from '../../src-main/rooms/index.ts'
import type { Remote } from '../../src-main/rooms/remote-ports.ts'
import { openDatabase } from '../../src-main/storage/database.ts'
import { openIdentity } from '../../src-main/storage/documents/identity.ts'
import { createRoomStore } from '../../src-main/storage/room-store.ts'
import { systemClock } from '../../src-main/trace/clock.ts'
import { Logger } from '../../src-main/trace/log.ts'
import { systemRandom } from '../../src-main/trace/system-random.ts'

const AT_ONCE = 50
const INDEXED_AT_ONCE = 1_000

export interface Filling {
  readonly room: string
  readonly sender: string
  readonly messages: number
  /** People of this server who join; they have no accounts. */
  readonly members: number
}

/**
 * Fills a room of a node that does not run, through the code that every event goes through, signatures
 * included: what takes a node's clients minutes takes seconds.
 */
export async function fillRooms(dataDir: string, fillings: readonly Filling[]): Promise<void> {
  await signaturesReady()
  const { serverName, signer } = openIdentity(dataDir, undefined, {
    clock: systemClock,
    random: systemRandom,
  })
  const db = openDatabase(dataDir)
  try {
    db.exec('PRAGMA synchronous = OFF')
    const store = createRoomStore(db, serverName)
    const rooms = createRooms({
      serverName,
      signer,
      store,
      // Nobody else is in these rooms yet.
      remote: {} as Remote,
      verifier: { verify: () => Promise.resolve({ result: 'valid' }) },
      users: {
        exists: () => true,
        profile: (user) => ({ displayName: user.slice(1, user.indexOf(':')), avatarUrl: undefined }),
      },
      listener: { committed: () => undefined, queued: () => undefined },
      clock: systemClock,
      random: systemRandom,
      log: new Logger(systemClock, []),
      domainAllowed: () => true,
    })
    for (const { room, sender, messages, members } of fillings) {
      const roomId = room as RoomId
      for (let n = 0; n < members; n++) {
        await rooms.joinRoom({ user: `@member${n}:${serverName}` as UserId, room: roomId })
      }
      for (let start = 0; start < messages; start += AT_ONCE) {
        const sent = Array.from({ length: Math.min(AT_ONCE, messages - start) }, (_, n) =>
          rooms.sendEvent({
            roomId,
            sender: sender as UserId,
            type: 'm.room.message',
            content: { msgtype: 'm.text', body: `message ${start + n}` },
          }),
        )
        await Promise.all(sent)
      }
    }
    // As a node does beside its work; what is measured afterwards is not that.
    while (store.transaction(() => store.indexNewText(INDEXED_AT_ONCE)));
    await rooms.stop()
  } finally {
    db.close()
  }
}
