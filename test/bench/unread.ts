import { MatrixUser } from '../harness/process/matrix-user.ts'
import type { BenchServer } from './measure.ts'
import type { Row } from './rows.ts'

const PARALLEL = 20
const PATIENCE_MS = 300_000

interface Sync {
  next_batch: string
  rooms?: {
    join?: Record<string, { unread_notifications?: { notification_count?: number } }>
  }
}

/**
 * Many messages at once in a room of many local people who all sync: how fast they are taken, and until
 * when everybody has been told how many are unread. Servers count to a limit; the largest count is shown.
 */
export async function benchUnread(
  name: string,
  server: BenchServer,
  people: number,
  burst: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const sender = await MatrixUser.register(server, 'burst-sender')
  const room = await sender.createRoom({ preset: 'public_chat' })
  const readers: Reader[] = []
  for (let n = 0; n < people; n++) {
    const user = await MatrixUser.register(server, `burst-reader-${n}`)
    await user.join(room)
    readers.push(new Reader(user, room))
  }
  await Promise.all(readers.map((reader) => reader.start()))
  say(`burst of ${burst} messages to ${people} people`)
  const startedAt = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < burst) await sender.say(room, `burst ${next++}`)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  const accepted = performance.now()
  const fin = await sender.say(room, 'the last one')
  await Promise.all(readers.map((reader) => reader.until(fin)))
  const told = performance.now()
  await Promise.all(readers.map((reader) => reader.stop()))
  const counts = readers.map((reader) => reader.count)
  const what = `Burst of ${burst} to ${people} people`
  return [
    {
      label: `${what}: accepted`,
      goal: '',
      values: { [name]: `${Math.round(burst / ((accepted - startedAt) / 1000))}/s` },
    },
    {
      label: `${what}: everybody’s count told after the last`,
      goal: '',
      values: { [name]: `${Math.round(told - accepted)} ms` },
    },
    {
      label: `${what}: unread shown, least to most`,
      goal: `${burst + 1} sent`,
      values: { [name]: `${Math.min(...counts)} to ${Math.max(...counts)}` },
    },
  ]
}

/** Syncs, and remembers the unread count that the newest answer told. */
class Reader {
  count = 0
  private readonly user: MatrixUser
  private readonly room: string
  private since = ''
  private readonly seen = new Set<string>()
  private loop: Promise<void> = Promise.resolve()
  private readonly stopping = new AbortController()
  private wake: () => void = () => undefined

  constructor(user: MatrixUser, room: string) {
    this.user = user
    this.room = room
  }

  async start(): Promise<void> {
    await this.once(0)
    this.loop = this.run()
  }

  async until(eventId: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    while (!this.seen.has(eventId)) {
      if (performance.now() > deadline) throw new Error(`${this.user.userId} never saw the last message`)
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.loop
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.once(30_000)
      } catch (error) {
        if (!this.stopping.signal.aborted) throw error
      }
    }
  }

  private async once(timeout: number): Promise<void> {
    const answer = await this.user.call<
      Sync & { rooms?: { join?: Record<string, { timeline?: { events: { event_id: string }[] } }> } }
    >('GET', '/_matrix/client/v3/sync', {
      query: { since: this.since === '' ? undefined : this.since, timeout },
      signal: this.stopping.signal,
      timeoutMs: 90_000,
    })
    this.since = answer.next_batch
    const joined = answer.rooms?.join?.[this.room]
    this.count = joined?.unread_notifications?.notification_count ?? this.count
    for (const event of joined?.timeline?.events ?? []) this.seen.add(event.event_id)
    this.wake()
  }
}
